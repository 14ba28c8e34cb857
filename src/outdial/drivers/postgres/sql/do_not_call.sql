-- name: page
select digits, note from blocked_numbers where tenant_id = $1 and digits > $2 order by digits limit $3;

-- name: all
select digits, note from blocked_numbers where tenant_id = $1;

-- name: add
with given as (
    select distinct on (digits) digits, note from unnest($2::text[], $3::text[]) with ordinality as g(digits, note, place)
    order by digits, place desc
), put as (
    insert into blocked_numbers as b (tenant_id, digits, note) select $1, digits, note from given
    on conflict (tenant_id, digits) do update set note = excluded.note
    returning xmax = 0 as fresh
)
select count(*) filter (where fresh) from put;

-- name: remove
delete from blocked_numbers where tenant_id = $1 and digits = $2 returning digits;

-- name: among
select digits from blocked_numbers where tenant_id = $1 and digits = any ($2::text[]);
