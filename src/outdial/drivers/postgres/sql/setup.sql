-- name: take_turn
select pg_advisory_xact_lock(7001003);

-- name: tenant_names
select name from tenants order by id;

-- name: tenant
select id, time_zone, region, domain from tenants where name = $1;

-- name: put_tenant
insert into tenants (name, time_zone, region, domain) values ($1, $2, $3, $4)
on conflict (name) do update
set time_zone = excluded.time_zone, region = excluded.region, domain = excluded.domain;

-- name: users
select login, password_hash, role from users where tenant_id = $1;

-- name: change_user
with ended as (
    delete from sessions where tenant_id = $1 and login = $2
), logged_out as (
    delete from logins where tenant_id = $1 and login = $2
), thrown_out as (
    delete from domain_sessions where tenant_id = $1 and login = $2
)
update users set password_hash = $3, role = $4 where tenant_id = $1 and login = $2 returning id;

-- name: add_user
insert into users (tenant_id, login, password_hash, role) values ($1, $2, $3, $4);

-- name: keys
select name, key_hash from api_keys where tenant_id = $1;

-- name: put_key
insert into api_keys (tenant_id, name, key_hash) values ($1, $2, $3)
on conflict (tenant_id, name) do update set key_hash = excluded.key_hash;

-- name: trunks
select name, lines, calls_per_second, caller from trunks where tenant_id = $1;

-- name: put_trunk
insert into trunks (tenant_id, name, lines, calls_per_second, caller) values ($1, $2, $3, $4, $5)
on conflict (tenant_id, name) do update
set lines = excluded.lines, calls_per_second = excluded.calls_per_second, caller = excluded.caller;

-- name: routes
select r.pattern, t.name as trunk, r.strip, r.prepend, r.caller
from routes r join trunks t on t.id = r.trunk_id
where r.tenant_id = $1
order by r.position;

-- name: forget_routes
delete from routes where tenant_id = $1;

-- name: add_route
insert into routes (tenant_id, position, pattern, trunk_id, strip, prepend, caller)
select $1, $2, $3, id, $5, $6, $7 from trunks where tenant_id = $1 and name = $4;

-- name: queues
select number, members from queues where tenant_id = $1;

-- name: put_queue
insert into queues (tenant_id, number, members) values ($1, $2, $3)
on conflict (tenant_id, number) do update set members = excluded.members;

-- name: dialect_settings
select settings from dialect_settings where tenant_id = $1 and dialect = $2;

-- name: put_dialect_settings
insert into dialect_settings (tenant_id, dialect, settings) values ($1, $2, $3)
on conflict (tenant_id, dialect) do update set settings = excluded.settings;

-- name: give_number
insert into counters as c (tenant_id, dialect, kind, value) values ($1, $2, $3, $4)
on conflict (tenant_id, dialect, kind) do update set value = greatest(c.value, excluded.value);

-- name: rename_script_key
update scripts set key = $2 where id = $1;

-- name: calendars
select key, name, document, wire from calendars where tenant_id = $1 order by id;

-- name: put_calendar
insert into calendars (tenant_id, key, name, document, wire) values ($1, $2, $3, $4, '{}')
on conflict (tenant_id, key) do update set name = excluded.name, document = excluded.document, wire = excluded.wire;

-- name: put_agent
insert into agents (tenant_id, key, extension, name, skills, rules, status) values ($1, $2, $3, $4, $5, $6, $7)
on conflict (tenant_id, key) do update
set extension = excluded.extension, name = excluded.name, skills = excluded.skills, rules = excluded.rules;
