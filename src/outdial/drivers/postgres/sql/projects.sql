-- name: all
select * from projects where tenant_id = $1 and ($2::bigint is null or number = $2) order by number;

-- name: put
insert into projects (tenant_id, number, name, time_zone, window_start, window_end, lines, record)
values ($1, $2, $3, $4, $5, $6, $7, $8)
on conflict (tenant_id, number) do update
set name = excluded.name, time_zone = excluded.time_zone, window_start = excluded.window_start,
    window_end = excluded.window_end, lines = excluded.lines, record = excluded.record;

-- name: scenarios
select s.number, s.name, s.document, p.number as project
from scenarios s join projects p on p.id = s.project_id
where s.tenant_id = $1 and ($2::bigint is null or p.number = $2) and ($3::bigint is null or s.number = $3)
order by s.number;

-- name: put_scenario
-- No row: the number belongs to a scenario of another project.
insert into scenarios (tenant_id, project_id, number, name, document)
select $1, id, $3, $4, $5 from projects where tenant_id = $1 and number = $2
on conflict (tenant_id, number) do update set name = excluded.name, document = excluded.document
    where scenarios.project_id = excluded.project_id
returning id;

-- name: starts
select s.*, v.document
from scripts s join script_versions v on v.script_id = s.id and v.version = s.version
where s.tenant_id = $1 and s.dialect = $2
  and ($3::bigint is null or s.number = $3) and ($4::bigint is null or (s.wire ->> 'scenario')::bigint = $4)
order by s.number;

-- name: leave_out
update scripts set wire = (wire::jsonb || '{"gone": true}')::json where id = $1;
