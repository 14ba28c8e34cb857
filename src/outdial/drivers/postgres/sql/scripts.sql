-- name: create
with made as (
    insert into scripts (tenant_id, dialect, number, key, name, version, wire)
    values ($1, $2, $3, $4, $5, 1, $6)
    returning *
), first_version as (
    insert into script_versions (script_id, version, document) select id, version, $7::jsonb from made
)
select *, $7::jsonb as document from made;

-- name: replace
with changed as (
    update scripts set name = $2, wire = $3, version = version + 1 where id = $1
    returning *
), next_version as (
    insert into script_versions (script_id, version, document) select id, version, $4::jsonb from changed
)
select *, $4::jsonb as document from changed;

-- name: by_number
select s.*, v.document
from scripts s join script_versions v on v.script_id = s.id and v.version = s.version
where s.tenant_id = $1 and s.dialect = $2 and s.number = $3;

-- name: by_key
select s.*, v.document
from scripts s join script_versions v on v.script_id = s.id and v.version = s.version
where s.tenant_id = $1 and s.dialect = $2 and s.key = $3;

-- name: all
select s.*, v.document
from scripts s join script_versions v on v.script_id = s.id and v.version = s.version
where s.tenant_id = $1 and s.dialect = $2
order by s.number;

-- name: remove
delete from scripts where tenant_id = $1 and dialect = $2 and number = $3;
