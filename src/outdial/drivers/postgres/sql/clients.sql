-- name: upsert
insert into clients as c (tenant_id, key, name)
select $1, w.key, w.name from jsonb_to_recordset($2::jsonb) as w(key text, name text) order by w.key
on conflict (tenant_id, key) do update set name = excluded.name
returning id, key;

-- name: forget_phones
delete from client_phones where client_id = any($1::bigint[]);

-- name: forget_properties
delete from client_properties where client_id = any($1::bigint[]);

-- name: add_phones
insert into client_phones (tenant_id, client_id, key, phone)
select $1, w.client, w.key, w.phone
from jsonb_to_recordset($2::jsonb) as w(position integer, client bigint, key text, phone text)
order by w.position
returning id, client_id, key, phone;

-- name: add_properties
insert into client_properties (client_id, name, value)
select w.client, w.name, w.value
from jsonb_to_recordset($1::jsonb) as w(position integer, client bigint, name text, value text)
order by w.position
returning id, client_id, name, value;

-- name: remove
delete from clients where tenant_id = $1 and key = $2;

-- name: by_phone
select id, key, name from clients
where id = (select client_id from client_phones where tenant_id = $1 and key = $2 order by id desc limit 1);

-- name: phones_of
select id, client_id, key, phone from client_phones where client_id = $1 order by id;

-- name: properties_of
select id, client_id, name, value from client_properties where client_id = $1 order by id;
