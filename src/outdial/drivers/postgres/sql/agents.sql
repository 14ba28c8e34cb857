-- name: all
select * from agents where tenant_id = $1 order by id;

-- name: by_key
select * from agents where tenant_id = $1 and key = $2;

-- name: lock
select * from agents where tenant_id = $1 and key = $2 for update;

-- name: declare
update agents set status = $3, state = $4, no_answers = $5, last_status_change = $6 where tenant_id = $1 and key = $2;
