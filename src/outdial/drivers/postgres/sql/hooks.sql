-- name: all
select key, document, wire from hooks where tenant_id = $1 order by id offset $2 limit $3;

-- name: by_key
select key, document, wire from hooks where tenant_id = $1 and key = $2;

-- name: add
insert into hooks (tenant_id, key, event, enabled, document, wire) values ($1, $2, $3, $4, $5, $6);

-- name: replace
update hooks set event = $3, enabled = $4, document = $5, wire = $6 where tenant_id = $1 and key = $2 returning id;

-- name: remove
delete from hooks where tenant_id = $1 and key = $2 returning id;

-- name: spread
with taken as (
    delete from notices
    where id in (select id from notices order by id limit $2 for update skip locked)
    returning id, tenant_id, regexp_replace(event, '^CUSTOM->', '') as event, document
), spread as (
    insert into hook_deliveries (hook_id, document, due_at)
    select h.id, t.document, $1
    from taken t join hooks h on h.tenant_id = t.tenant_id and h.enabled and h.event = t.event
    order by t.id
)
select count(*) from taken;

-- name: take
with due as (
    select d.id, h.tenant_id, h.id as hook_id, h.key, h.document as hook
    from hooks h cross join lateral (
        select id from hook_deliveries
        where hook_id = h.id and due_at <= $1
        order by due_at, id
        limit $4
        for update skip locked
    ) d
    where h.id <> all ($5::bigint[])
    limit $3
)
update hook_deliveries d set tries = d.tries + 1, due_at = $2
from due
where d.id = due.id
returning d.id, due.tenant_id, due.hook_id, due.key, due.hook, d.document, d.tries;

-- name: done
delete from hook_deliveries where id = $1;

-- name: later
update hook_deliveries set due_at = $2 where id = $1;
