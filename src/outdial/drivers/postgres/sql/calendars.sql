-- name: all
select key, name, document, wire from calendars where tenant_id = $1 order by id offset $2 limit $3;

-- name: by_key
select key, name, document, wire from calendars where tenant_id = $1 and key = $2;

-- name: add
insert into calendars (tenant_id, key, name, document, wire) values ($1, $2, $3, $4, $5);

-- name: replace
update calendars set name = $3, document = $4, wire = $5 where tenant_id = $1 and key = $2 returning id;

-- name: remove
delete from calendars where tenant_id = $1 and key = $2 returning id;

-- name: users_of
select id from campaigns where tenant_id = $1 and calendar = $2 and state = 'running' order by id;
