-- name: account
select currency, enabled, credited_by from accounts where tenant_id = $1;

-- name: take_account
-- Whoever moves money of an account has it to itself until the end of the transaction.
select currency, enabled, credited_by from accounts where tenant_id = $1 for no key update;

-- name: standing
select balance, available from ledger where tenant_id = $1 order by id desc limit 1;

-- name: tariffs
select * from tariffs where tenant_id = $1 and current order by prefix;

-- name: movement
select l.*, h.dialect, h.campaign_key, h.contact_key
from ledger l left join holds h on h.id = l.hold_id
where l.tenant_id = $1 and l.key = $2;

-- name: move
insert into ledger (tenant_id, entry, amount, balance, available, key, note) values ($1, $2, $3, $4, $5, $6, $7);

-- name: statement
select l.*, h.dialect, h.campaign_key, h.contact_key
from ledger l left join holds h on h.id = l.hold_id
where l.tenant_id = $1 and ($2::bigint is null or l.id < $2)
order by l.id desc
limit $3;

-- name: hold
-- $4 to $6: contacts in their order. Those that are held already cost nothing more; of the others as many as the account
-- reaches for, from the first. A list that was cut off is asked for anew as a whole, so nothing has to be said of the rest.
with asked as (
    select * from unnest($4::text[], $5::numeric[], $6::bigint[]) with ordinality as a(key, price, tariff, place)
), known as (
    select h.contact_key, h.amount
    from holds h join asked a on a.key = h.contact_key
    where h.tenant_id = $1 and h.dialect = $2 and h.campaign_key = $3 and h.cleared_at is null
), before as (
    select balance, available from ledger where tenant_id = $1 order by id desc limit 1
), reckoned as (
    select a.*, sum(a.price) over (order by a.place) as reached
    from asked a
    where not exists (select from known k where k.contact_key = a.key)
), made as (
    insert into holds (tenant_id, dialect, campaign_key, contact_key, amount, tariff_id)
    select $1, $2, $3, r.key, r.price, r.tariff
    from reckoned r
    where r.reached <= coalesce((select available from before), 0)
    order by r.place
    returning id, contact_key, amount
), written as (
    insert into ledger (tenant_id, entry, amount, balance, available, key, hold_id)
    select $1, 'hold', -m.amount, b.balance, b.available - r.reached, 'hold:' || m.id, m.id
    from made m join reckoned r on r.key = m.contact_key cross join before b
    where m.amount > 0
    order by r.place
)
select contact_key, amount from known
union all
select contact_key, amount from made;

-- name: contacts_over
-- The contact is locked before its hold, as its deletion does. A call that goes on keeps the hold, and so does an SMS of
-- which nobody knows yet what the carrier took.
select h.id
from contacts c join holds h on h.id = c.hold_id
where c.tenant_id = $1 and c.held and c.state = 'done' and h.cleared_at is null
  and not exists (select from attempts a where a.hold_id = h.id and not a.charged and a.state <> 'ended')
  and not exists (select from sms s where s.hold_id = h.id and s.state in ('queued', 'sending'))
order by c.id
limit $2
for update of c skip locked;

-- name: holds_loose
-- Of deleted contacts; and those that no contact took up, because whoever held did not come to saving the campaign.
select h.id
from holds h
where h.tenant_id = $1 and h.cleared_at is null and h.contact_id is null
  and (h.campaign_id is not null or h.held_at < clock_timestamp() - make_interval(secs => $3))
  and not exists (select from attempts a where a.hold_id = h.id and not a.charged and a.state <> 'ended')
  and not exists (select from sms s where s.hold_id = h.id and s.state in ('queued', 'sending'))
order by h.held_at
limit $2
for no key update of h skip locked;

-- name: loose_of
select h.id
from holds h
where h.tenant_id = $1 and h.dialect = $2 and h.campaign_key = $3 and h.cleared_at is null
  and h.contact_id is null and h.campaign_id is null
for no key update of h;

-- name: used_late
select distinct u.hold_id as id
from uses u join holds h on h.id = u.hold_id
where u.tenant_id = $1 and not u.charged and h.cleared_at is not null
limit $2;

-- name: of_closed_campaigns
select h.id
from contacts c join holds h on h.id = c.hold_id join campaigns p on p.id = c.campaign_id
where c.tenant_id = $1 and c.held and c.state = 'waiting' and p.state = 'closed' and h.cleared_at is null
  and not exists (select from sms s where s.hold_id = h.id and s.state in ('queued', 'sending'))
limit $2
for update of c skip locked;

-- name: called_late
select distinct a.hold_id as id
from attempts a join holds h on h.id = a.hold_id
where a.tenant_id = $1 and a.hold_id is not null and not a.charged and a.state = 'ended' and h.cleared_at is not null
limit $2;

-- name: holds_to_clear
select h.id, h.cleared_at is null as open, h.amount, h.tariff_id
from holds h
where h.id = any ($1::bigint[])
order by h.id
for no key update;

-- name: tariffs_of
select t.* from tariffs t where t.tenant_id = $1;

-- name: calls_of
select a.hold_id, a.id::text as attempt, a.talk_seconds
from attempts a
where a.hold_id = any ($2::bigint[]) and not a.charged and a.state = 'ended' and a.talk_seconds > 0
  and not exists (select from ledger l where l.tenant_id = $1 and l.key = 'call:' || a.id)
order by a.ended_at, a.id;

-- name: uses_of
select u.hold_id, u.attempt_id::text as attempt, u.service, u.ordinal, u.digits, u.seconds, u.parts
from uses u
where u.hold_id = any ($2::bigint[]) and not u.charged
  and not exists (
      select from ledger l
      where l.tenant_id = $1 and l.key = u.service || ':' || u.attempt_id || ':' || u.ordinal)
order by u.id;

-- name: write
insert into ledger (tenant_id, entry, amount, balance, available, key, hold_id, attempt_id, service)
select $1, r.entry, r.amount, r.balance, r.available, r.key, r.hold, r.attempt, r.service
from unnest($2::text[], $3::numeric[], $4::numeric[], $5::numeric[], $6::text[], $7::bigint[], $8::uuid[], $9::text[])
    with ordinality as r(entry, amount, balance, available, key, hold, attempt, service, place)
order by r.place;

-- name: mark_cleared
with cleared as (
    update holds set cleared_at = clock_timestamp() where id = any ($1::bigint[]) and cleared_at is null
), freed as (
    update contacts c set held = false from holds h where h.id = any ($1::bigint[]) and c.id = h.contact_id and c.held
), paid as (
    update attempts set charged = true
    where hold_id = any ($1::bigint[]) and hold_id is not null and not charged and state = 'ended'
)
update uses set charged = true where hold_id = any ($1::bigint[]) and not charged;

-- name: overdue
select tenant_id from contacts where held and state = 'done'
union
select tenant_id from holds
where cleared_at is null and contact_id is null
  and (campaign_id is not null or held_at < clock_timestamp() - make_interval(secs => $1))
union
select u.tenant_id from uses u join holds h on h.id = u.hold_id where not u.charged and h.cleared_at is not null;

-- name: anything_over
select exists (select from contacts where tenant_id = $1 and held and state = 'done')
    or exists (
        select from holds
        where tenant_id = $1 and cleared_at is null and contact_id is null
          and (campaign_id is not null or held_at < clock_timestamp() - make_interval(secs => $2)))
    or exists (
        select from uses u join holds h on h.id = u.hold_id
        where u.tenant_id = $1 and not u.charged and h.cleared_at is not null);

-- name: accounts
select tenant_id from accounts;

-- name: note
insert into uses (tenant_id, hold_id, attempt_id, service, ordinal, digits, seconds, parts)
select a.tenant_id, a.hold_id, u.attempt, u.service, u.ordinal, u.digits, u.seconds, u.parts
from unnest($1::uuid[], $2::text[], $3::integer[], $4::text[], $5::double precision[], $6::integer[])
    as u(attempt, service, ordinal, digits, seconds, parts)
join attempts a on a.id = u.attempt
where a.hold_id is not null
on conflict (attempt_id, service, ordinal) do nothing;

-- name: charges
select h.contact_key, l.service, -sum(l.amount) as amount
from holds h join ledger l on l.hold_id = h.id
where h.tenant_id = $1 and h.campaign_id = $2 and l.service is not null
group by h.contact_key, l.service;

-- name: put_account
insert into accounts (tenant_id, currency, enabled, credited_by) values ($1, $2, $3, $4)
on conflict (tenant_id) do update
set currency = excluded.currency, enabled = excluded.enabled, credited_by = excluded.credited_by;

-- name: end_tariffs
update tariffs set current = false where tenant_id = $1 and current and prefix = any ($2::text[]);

-- name: add_tariff
insert into tariffs (tenant_id, prefix, per_second, first_step_seconds, step_seconds, per_sms_part, connection)
values ($1, $2, $3, $4, $5, $6, $7);
