-- name: take_lock
select pg_try_advisory_lock(7001002);

-- name: new_fence
update dialling_charge set fence = fence + 1 returning fence;

-- name: release_lock
select pg_advisory_unlock(7001002);

-- name: running
select p.*, d.settings as dialect_settings
from campaigns p left join dialect_settings d on d.tenant_id = p.tenant_id and d.dialect = p.dialect
where p.state = 'running'
order by p.id;

-- name: scripts_of
select s.id, s.version, v.document
from scripts s join script_versions v on v.script_id = s.id and v.version = s.version
where s.id = any($1::bigint[]);

-- name: routes
select r.pattern, r.strip, r.prepend, r.caller,
       t.id as trunk_id, t.name, t.lines, t.calls_per_second, t.caller as trunk_caller
from routes r join trunks t on t.id = r.trunk_id
where r.tenant_id = $1
order by r.position;

-- name: members
select members from queues where tenant_id = $1 and number = $2;

-- name: due
-- The contacts at one offset lie together in their index, so those that are shut out cost nothing, however many they are.
-- The first part steps from one offset of the campaign to the next.
with recursive offsets(minutes) as (
    (select min(c.offset_minutes) from contacts c
     where c.campaign_id = $1 and c.state = 'waiting' and c.offset_minutes is not null)
    union all
    select (select min(c.offset_minutes) from contacts c
            where c.campaign_id = $1 and c.state = 'waiting' and c.offset_minutes > o.minutes)
    from offsets o where o.minutes is not null
), open_offsets as (
    select minutes from offsets where minutes is not null and ($5::smallint[] is null or minutes = any($5))
)
select id, digits, variables, attempts_made, offset_minutes, client
from (
    (select c.*
     from contacts c
     where $4 and c.campaign_id = $1 and c.state = 'waiting' and c.offset_minutes is null and c.due_at <= $2
       and (c.client = '' or not exists (
             select from attempts a
             where a.campaign_id = $1 and a.client = c.client and a.client <> '' and a.state <> 'ended'))
     order by c.due_at, c.id
     limit $3)
    union all
    (select found.*
     from open_offsets o
     cross join lateral (
         select c.*
         from contacts c
         where c.campaign_id = $1 and c.state = 'waiting' and c.offset_minutes = o.minutes and c.due_at <= $2
           and (c.client = '' or not exists (
             select from attempts a
             where a.campaign_id = $1 and a.client = c.client and a.client <> '' and a.state <> 'ended'))
         order by c.due_at, c.id
         limit $3
     ) found)
) due
order by due_at, id
limit $3;

-- name: somebody_due
with recursive offsets(minutes) as (
    (select min(c.offset_minutes) from contacts c
     where c.campaign_id = $1 and c.state = 'waiting' and c.offset_minutes is not null)
    union all
    select (select min(c.offset_minutes) from contacts c
            where c.campaign_id = $1 and c.state = 'waiting' and c.offset_minutes > o.minutes)
    from offsets o where o.minutes is not null
), open_offsets as (
    select minutes from offsets where minutes is not null and ($4::smallint[] is null or minutes = any($4))
)
select exists (
    select from contacts c
    where $3 and c.campaign_id = $1 and c.state = 'waiting' and c.offset_minutes is null and c.due_at <= $2
) or exists (
    select from open_offsets o
    cross join lateral (
        select from contacts c
        where c.campaign_id = $1 and c.state = 'waiting' and c.offset_minutes = o.minutes and c.due_at <= $2
        limit 1
    ) found
);

-- name: reserve
with charge as (
    select fence from dialling_charge where fence = $1
), wanted as (
    select * from jsonb_to_recordset($5::jsonb)
        as w(attempt uuid, contact bigint, trunk text, number text, caller text)
), picked as (
    select c.id, c.digits, c.client, c.try_number, c.attempts_made, c.due_at, c.tenant_id, c.hold_id,
           w.attempt, w.trunk, w.number, w.caller
    from contacts c join wanted w on w.contact = c.id
    where c.campaign_id = $2 and c.state = 'waiting'
      and exists (select from charge)
      and exists (select from campaigns
                  where id = $2 and state = 'running'
                    and window_start = $6 and window_end = $7 and time_zone = $8)
      and (c.client = '' or not exists (
               select from attempts a
               where a.campaign_id = $2 and a.client = c.client and a.client <> '' and a.state <> 'ended'))
    for update of c skip locked
), moved as (
    update contacts c set state = 'in_call', attempts_made = c.attempts_made + 1, changed_at = clock_timestamp()
    from picked p where c.id = p.id
), made as (
    insert into attempts (id, tenant_id, campaign_id, contact_id, try_number, ordinal, state,
                          due_at, digits, client, number, trunk, caller, script_id, script_version, hold_id)
    select p.attempt, p.tenant_id, $2, p.id, p.try_number, p.attempts_made + 1, 'reserved',
           p.due_at, p.digits, p.client, p.number, p.trunk, p.caller, $3, $4, p.hold_id
    from picked p
    returning id
)
select (select count(*) from charge) as in_charge, array(select id::text from made) as made;

-- name: settle_undialled
with charge as (
    select fence from dialling_charge where fence = $1
), picked as (
    select c.* from contacts c
    where c.id = any($3::bigint[]) and c.campaign_id = $2 and c.state = 'waiting' and exists (select from charge)
    for update of c skip locked
), moved as (
    update contacts c set state = 'done', changed_at = clock_timestamp() from picked p where c.id = p.id
), made as (
    insert into attempts (id, tenant_id, campaign_id, contact_id, try_number, ordinal, state, outcome,
                          due_at, digits, number, trunk, caller, ended_at)
    select gen_random_uuid(), p.tenant_id, $2, p.id, p.try_number, p.attempts_made + 1, 'ended', $4,
           p.due_at, p.digits, '', '', '', clock_timestamp()
    from picked p
)
select (select count(*) from charge) as in_charge;

-- name: save
-- A try whose dialogue has come to its success is reported as it was then: its `changed_at` is not moved any more.
with charge as (
    select fence from dialling_charge where fence = $1
), moment as materialized (
    select clock_timestamp() as now
), entries as (
    select * from jsonb_to_recordset($2::jsonb)
        as e(attempt uuid, state text, outcome text, ended_by text, connection text, life jsonb, goals jsonb, collected jsonb, sip_code integer,
             q850_cause integer, answered_at timestamptz, ended_at timestamptz, talk_seconds double precision,
             retry_at timestamptz, succeeded boolean, settled boolean, member boolean,
             agent text, transferred_to text, joined_seconds double precision, recording text)
), saved as (
    update attempts a
    set state = e.state, outcome = e.outcome, ended_by = e.ended_by, connection = e.connection, life = e.life,
        goals = array(select jsonb_array_elements_text(e.goals)), collected = coalesce(e.collected, a.collected),
        sip_code = e.sip_code, q850_cause = e.q850_cause, answered_at = e.answered_at, ended_at = e.ended_at,
        talk_seconds = e.talk_seconds, transferred_to = e.transferred_to, joined_seconds = e.joined_seconds,
        recording = coalesce(e.recording, a.recording), agent = coalesce(nullif(e.agent, ''), a.agent),
        reached_at = coalesce(a.reached_at, case when e.settled then m.now end),
        changed_at = case when a.reached_at is null then m.now else a.changed_at end
    from entries e cross join moment m
    where a.id = e.attempt and a.state <> 'ended' and exists (select from charge)
    returning a.id, a.campaign_id, a.contact_id, a.client, a.state, e.retry_at, e.succeeded, e.member,
              a.tenant_id, a.hold_id, a.transferred_to, a.joined_seconds
), freed as (
    update contacts c
    set state = case when s.retry_at is null or c.withdrawn_at is not null then 'done' else 'waiting' end,
        due_at = coalesce(s.retry_at, c.due_at),
        try_number = case when s.retry_at is null or c.withdrawn_at is not null then c.try_number
                          else nextval('try_numbers') end,
        changed_at = clock_timestamp()
    from saved s
    where s.state = 'ended' and c.id = s.contact_id and c.state = 'in_call' and not s.member
), used as (
    insert into uses (tenant_id, hold_id, attempt_id, service, ordinal, digits, seconds, parts)
    select s.tenant_id, s.hold_id, s.id, 'transfer', 1, s.transferred_to, s.joined_seconds, 0
    from saved s
    where s.state = 'ended' and s.hold_id is not null and s.transferred_to <> '' and s.joined_seconds > 0
    on conflict (attempt_id, service, ordinal) do nothing
), reached as (
    select distinct s.campaign_id, s.client
    from saved s
    where s.state = 'ended' and s.succeeded and s.client <> ''
), spared as (
    update contacts c set state = 'done', changed_at = clock_timestamp()
    from reached r
    where c.campaign_id = r.campaign_id and c.client = r.client and c.client <> '' and c.state = 'waiting'
    returning c.id, c.tenant_id, c.campaign_id, c.try_number, c.attempts_made, c.due_at, c.digits
), closed as (
    insert into attempts (id, tenant_id, campaign_id, contact_id, try_number, ordinal, state, outcome,
                          due_at, digits, number, trunk, caller, ended_at)
    select gen_random_uuid(), s.tenant_id, s.campaign_id, s.id, s.try_number, s.attempts_made + 1, 'ended', $4,
           s.due_at, s.digits, '', '', '', clock_timestamp()
    from spared s
), given as (
    select * from jsonb_to_recordset($3::jsonb)
        as g(position integer, attempt uuid, question text, value text, keys text, label text)
), answered as (
    insert into answers (tenant_id, dialect, campaign_id, campaign_number, script_number, attempt_id,
                         contact_key, contact_wire, question, value, keys, label)
    select p.tenant_id, p.dialect, p.id, p.number, coalesce(s.number, 0), a.id,
           c.key, c.wire, g.question, g.value, g.keys, g.label
    from given g
    join attempts a on a.id = g.attempt
    join contacts c on c.id = a.contact_id
    join campaigns p on p.id = a.campaign_id
    left join scripts s on s.id = a.script_id
    where exists (select from charge)
    order by g.position
), asked as (
    select * from jsonb_to_recordset($5::jsonb) as m(attempt uuid, name text, body text, parts integer)
), texted as (
    -- As core.do_not_call.canonical: a carrier of SMS knows no national forms.
    insert into sms (tenant_id, campaign_id, contact_id, attempt_id, hold_id, name, digits, body, parts)
    select a.tenant_id, a.campaign_id, a.contact_id, a.id, a.hold_id, m.name,
           regexp_replace(a.digits, '^8([0-9]{10})$', '7\1'), m.body, m.parts
    from asked m join attempts a on a.id = m.attempt
    where exists (select from charge)
    on conflict (attempt_id, name) do nothing
    returning id, parts
), cut as (
    insert into sms_parts (sms_id, part) select t.id, place from texted t cross join generate_series(1, t.parts) as place
), said as (
    insert into turns (attempt_id, position, said_at, who, text, block, keys, confidence, alternatives, interrupted,
                       gap_seconds)
    select s.id, t.position, t.said_at, t.who, t.text, t.block, t.keys, t.confidence,
           array(select jsonb_array_elements_text(t.alternatives)), t.interrupted, t.gap_seconds
    from jsonb_to_recordset($6::jsonb)
        as t(attempt uuid, position integer, said_at timestamptz, who text, text text, block text, keys text,
             confidence real, alternatives jsonb, interrupted boolean, gap_seconds real)
    join saved s on s.id = t.attempt
    on conflict (attempt_id, position) do nothing
)
select (select count(*) from charge) as in_charge;

-- name: close_finished
with charge as (
    select fence from dialling_charge where fence = $1
)
update campaigns p set state = 'closed'
where p.id = any($2::bigint[]) and p.state = 'running' and exists (select from charge)
  and not exists (select from contacts c where c.campaign_id = p.id and c.state <> 'done')
returning p.id;

-- name: open_attempts
select a.id::text as id, a.state, a.life, a.campaign_id, a.tenant_id, a.digits, a.number, a.trunk, a.caller, a.ordinal,
       a.reserved_at, a.answered_at, p.ring_seconds, p.attempts, p.interval_seconds, p.until_signal, c.variables, v.document,
       p.members, p.record, a.contact_id, a.position, c.attempts_made, c.successes
from attempts a
left join campaigns p on p.id = a.campaign_id
left join contacts c on c.id = a.contact_id
left join script_versions v on v.script_id = a.script_id and v.version = a.script_version
where a.state <> 'ended'
order by a.id;

-- name: numbers_of
select * from numbers where contact_id = any ($1::bigint[]) order by contact_id, position;
