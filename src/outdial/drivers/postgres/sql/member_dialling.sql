-- name: trunks
select id, name, lines, calls_per_second, caller from trunks where tenant_id = $1;

-- name: calendars
select p.id as campaign_id, k.document
from campaigns p join calendars k on k.tenant_id = p.tenant_id and k.key = p.calendar
where p.id = any ($1::bigint[]);

-- name: counters
select * from campaign_counters where campaign_id = any ($1::bigint[]);

-- name: due_next_tries
-- A number qualifies its member when it is open and its type, if it has one, is within hours with attempts left. $3 to $5:
-- the open types, their range ids and attempts.
select c.id, c.variables, c.attempts_made, c.successes, c.changed_at
from contacts c
where c.campaign_id = $1 and c.state = 'waiting' and c.result_until is null
  and (c.next_try_at is null or c.next_try_at <= $2) and (c.expires_at is null or c.expires_at > $2)
  and exists (
      select from numbers n
      where n.contact_id = c.id and n.open
        and (coalesce(n.type, '') = '' or exists (
             select from unnest($3::text[], $4::text[], $5::integer[]) as t(code, range_id, attempts)
             where t.code = n.type and (n.range_id <> t.range_id or n.range_attempts < t.attempts))))
order by c.next_try_at desc nulls last, c.priority desc, c.id
limit $6 offset $7;

-- name: due_strict
select c.id, c.variables, c.attempts_made, c.successes, c.changed_at
from contacts c
where c.campaign_id = $1 and c.state = 'waiting' and c.result_until is null
  and (c.next_try_at is null or c.next_try_at <= $2) and (c.expires_at is null or c.expires_at > $2)
  and exists (
      select from numbers n
      where n.contact_id = c.id and n.open
        and (coalesce(n.type, '') = '' or exists (
             select from unnest($3::text[], $4::text[], $5::integer[]) as t(code, range_id, attempts)
             where t.code = n.type and (n.range_id <> t.range_id or n.range_attempts < t.attempts))))
order by c.last_call_at nulls first, c.priority desc, c.id
limit $6 offset $7;

-- name: numbers_of
select * from numbers where contact_id = any ($1::bigint[]) order by contact_id, position;

-- name: unfinished
-- Whether anybody is left, and when the next one is due.
select count(*) filter (where state = 'in_call') as in_call,
       count(*) filter (where state = 'waiting') as waiting,
       count(*) filter (where result_until is not null) as results,
       min(coalesce(next_try_at, to_timestamp(0))) filter (where state = 'waiting' and result_until is null) as next_at
from contacts where campaign_id = $1 and state <> 'done';

-- name: reserve
-- A member that was changed since it was read is not won: its numbers may be others.
with charge as (
    select fence from dialling_charge where fence = $1
), wanted as (
    select * from jsonb_to_recordset($5::jsonb)
        as w(attempt uuid, contact bigint, seen_at timestamptz, digits text, trunk text, number text, caller text,
             position smallint, type text)
), picked as (
    select c.id, c.try_number, c.attempts_made, c.tenant_id, w.*
    from contacts c join wanted w on w.contact = c.id
    where c.campaign_id = $2 and c.state = 'waiting' and c.result_until is null and c.changed_at = w.seen_at
      and exists (select from charge)
      and exists (select from campaigns where id = $2 and state = 'running')
    for update of c skip locked
), moved as (
    update contacts c set state = 'in_call', attempts_made = c.attempts_made + 1, changed_at = clock_timestamp()
    from picked p where c.id = p.id
), made as (
    insert into attempts (id, tenant_id, campaign_id, contact_id, try_number, ordinal, state,
                          digits, number, trunk, caller, script_id, script_version, position, type)
    select p.attempt, p.tenant_id, $2, p.id, p.try_number, p.attempts_made + 1, 'reserved',
           p.digits, p.number, p.trunk, p.caller, $3, $4, p.position, p.type
    from picked p
    returning id, contact_id
), counted as (
    insert into numbers (contact_id, position, raw, type, priority, description, open, stopped, attempts, last_call_at,
                         first_next, wanted_next, range_id, range_attempts)
    select m.contact_id, n.position, n.raw, n.type, n.priority, n.description, n.open, n.stopped, n.attempts,
           n.last_call_at, n.first_next, n.wanted_next, n.range_id, n.range_attempts
    from jsonb_to_recordset($6::jsonb)
        as n(contact bigint, position smallint, raw text, type text, priority integer, description text, open boolean,
             stopped boolean, attempts integer, last_call_at timestamptz, first_next boolean, wanted_next boolean,
             range_id text, range_attempts integer)
    join made m on m.contact_id = n.contact
    on conflict (contact_id, position) do update
    set open = excluded.open, stopped = excluded.stopped, attempts = excluded.attempts,
        last_call_at = excluded.last_call_at, first_next = excluded.first_next, wanted_next = excluded.wanted_next,
        range_id = excluded.range_id, range_attempts = excluded.range_attempts
)
select (select count(*) from charge) as in_charge, array(select id::text from made) as made;

-- name: settle
-- $2: contacts with what a call, a result or its absence made of them; $3: their numbers. Where a result was reported during
-- the call it stands: the end of the call decides nothing, and the report is settled next.
with charge as (
    select fence from dialling_charge where fence = $1
), settled as (
    select * from jsonb_to_recordset($2::jsonb)
        as s(contact bigint, expected text, awaited boolean, attempts integer, successes integer, end_cause text, succeeded boolean,
             due_at timestamptz, result_until timestamptz, called_at timestamptz, given_back boolean)
), moved as (
    update contacts c
    set state = case when s.end_cause = '' then 'waiting' else 'done' end,
        attempts_made = s.attempts, successes = s.successes, end_cause = s.end_cause, succeeded = s.succeeded,
        next_try_at = s.due_at, result_until = s.result_until,
        last_call_at = case when s.given_back then null else coalesce(s.called_at, c.last_call_at) end,
        report = case when s.result_until is null then null else c.report end,
        try_number = nextval('try_numbers'), changed_at = clock_timestamp()
    from settled s
    where c.id = s.contact and c.state = s.expected and (c.result_until is not null) = s.awaited
      and not (s.expected = 'in_call' and c.report is not null)
      and exists (select from charge)
    returning c.id
), reported as (
    update contacts c
    set state = 'waiting', next_try_at = s.called_at, result_until = clock_timestamp(), last_call_at = s.called_at,
        try_number = nextval('try_numbers'), changed_at = clock_timestamp()
    from settled s
    where c.id = s.contact and c.state = s.expected and s.expected = 'in_call' and c.report is not null
      and exists (select from charge)
), counted as (
    insert into numbers (contact_id, position, raw, type, priority, description, open, stopped, attempts, last_call_at,
                         first_next, wanted_next, range_id, range_attempts)
    select m.id, n.position, n.raw, n.type, n.priority, n.description, n.open, n.stopped, n.attempts, n.last_call_at,
           n.first_next, n.wanted_next, n.range_id, n.range_attempts
    from jsonb_to_recordset($3::jsonb)
        as n(contact bigint, position smallint, raw text, type text, priority integer, description text, open boolean,
             stopped boolean, attempts integer, last_call_at timestamptz, first_next boolean, wanted_next boolean,
             range_id text, range_attempts integer)
    join moved m on m.id = n.contact
    on conflict (contact_id, position) do update
    set open = excluded.open, stopped = excluded.stopped, attempts = excluded.attempts,
        last_call_at = excluded.last_call_at, first_next = excluded.first_next, wanted_next = excluded.wanted_next,
        range_id = excluded.range_id, range_attempts = excluded.range_attempts
)
select (select count(*) from charge) as in_charge, array(select id from moved) as moved;

-- name: contacts_of
select id::text as attempt, contact_id from attempts where id = any ($1::uuid[]) and contact_id is not null;

-- name: tell_attempts
update attempts a
set cause = e.cause, amd_verdict = e.amd_verdict, amd_cause = e.amd_cause,
    amd_seconds = e.amd_seconds, joined_at = e.joined_at, wait_seconds = e.wait_seconds,
    recording = e.recording, succeeded = e.succeeded, trunk = e.trunk
from jsonb_to_recordset($1::jsonb)
    as e(attempt uuid, cause text, amd_verdict text, amd_cause text, amd_seconds double precision,
         joined_at timestamptz, wait_seconds double precision, recording text, succeeded boolean, trunk text)
where a.id = e.attempt;

-- name: count
insert into campaign_counters as k (campaign_id, calls, succeeded, failed, connected, bridged, abandoned, wait_seconds,
                                    human, machine, not_sure, amd_cut)
select c.campaign_id, c.calls, c.succeeded, c.failed, c.connected, c.bridged, c.abandoned, c.wait_seconds, c.human,
       c.machine, c.not_sure, c.amd_cut
from jsonb_to_recordset($1::jsonb)
    as c(campaign_id bigint, calls integer, succeeded integer, failed integer, connected integer, bridged integer,
         abandoned integer, wait_seconds double precision, human integer, machine integer, not_sure integer,
         amd_cut integer)
where exists (select from campaigns p where p.id = c.campaign_id)
on conflict (campaign_id) do update
set calls = k.calls + excluded.calls, succeeded = k.succeeded + excluded.succeeded, failed = k.failed + excluded.failed,
    connected = k.connected + excluded.connected, bridged = k.bridged + excluded.bridged,
    abandoned = k.abandoned + excluded.abandoned, wait_seconds = k.wait_seconds + excluded.wait_seconds,
    human = k.human + excluded.human, machine = k.machine + excluded.machine, not_sure = k.not_sure + excluded.not_sure,
    amd_cut = k.amd_cut + excluded.amd_cut;

-- name: aim
insert into campaign_counters as k (campaign_id, adjust, target) values ($1, $2, $3)
on conflict (campaign_id) do update set adjust = excluded.adjust, target = excluded.target
where k.adjust <> excluded.adjust or k.target <> excluded.target;

-- name: learnt
select learnt from campaign_counters where campaign_id = $1;

-- name: learn
insert into campaign_counters as k (campaign_id, learnt) select id, $2::jsonb from campaigns where id = $1
on conflict (campaign_id) do update set learnt = excluded.learnt;

-- name: hold_day
-- The day that a campaign's counters were last seen on; null: on none yet.
insert into campaign_counters as k (campaign_id) values ($1)
on conflict (campaign_id) do update set day = k.day
returning day;

-- name: note_day
update campaign_counters set day = $2 where campaign_id = $1;

-- name: forget_counters
update campaign_counters
set calls = 0, succeeded = 0, failed = 0, connected = 0, bridged = 0, abandoned = 0, wait_seconds = 0, human = 0, machine = 0,
    not_sure = 0, amd_cut = 0, adjust = 0, target = 0
where campaign_id = $1;

-- name: forget_tallies
delete from agent_tallies where campaign_id = $1;

-- name: close
with closed as (
    update campaigns set state = 'closed', cause = $3, changed_at = clock_timestamp()
    where id = $2 and state = 'running' and exists (select from dialling_charge where fence = $1)
    returning id
), stopped as (
    insert into campaign_counters as k (campaign_id, stopped_at) select id, clock_timestamp() from closed
    on conflict (campaign_id) do update set stopped_at = excluded.stopped_at
), noted as (
    insert into campaign_history (campaign_id, action, value) select id, 'QUEUE_STOP', 'Stop' from closed
)
select count(*) from closed;

-- name: note
insert into campaign_history (campaign_id, action, value)
select id, $2, $3 from campaigns where id = $1;

-- name: started
insert into campaign_counters as k (campaign_id, started_at) values ($1, clock_timestamp())
on conflict (campaign_id) do update set started_at = excluded.started_at;

-- name: agents
select * from agents order by tenant_id, key;

-- name: tallies
select a.key, a.tenant_id, y.* from agent_tallies y join agents a on a.id = y.agent_id
where y.campaign_id = any ($1::bigint[]);

-- name: save_agents
-- What an agent wants is its own to say: `status` is written only where a rule of ours sends it on a break.
update agents a
set state = e.state, ready_at = e.ready_at, no_answers = e.no_answers, last_offered_at = e.last_offered_at,
    last_bridge_start = e.last_bridge_start, last_bridge_end = e.last_bridge_end, calls_answered = e.calls_answered,
    talk_seconds = e.talk_seconds,
    status = case when e.on_break then 'On Break' else a.status end,
    last_status_change = case when e.on_break then clock_timestamp() else a.last_status_change end
from jsonb_to_recordset($1::jsonb)
    as e(tenant_id bigint, key text, state text, ready_at timestamptz, no_answers integer, last_offered_at timestamptz,
         last_bridge_start timestamptz, last_bridge_end timestamptz, calls_answered integer,
         talk_seconds double precision, on_break boolean)
where a.tenant_id = e.tenant_id and a.key = e.key;

-- name: save_tallies
insert into agent_tallies as y (campaign_id, agent_id, calls, missed, bridged, talk_seconds, ringing_seconds, wrap_seconds,
                                idle_seconds, break_seconds, last_offered_at)
select e.campaign_id, a.id, e.calls, e.missed, e.bridged, e.talk_seconds, e.ringing_seconds, e.wrap_seconds,
       e.idle_seconds, e.break_seconds, e.last_offered_at
from jsonb_to_recordset($1::jsonb)
    as e(campaign_id bigint, tenant_id bigint, key text, calls integer, missed integer, bridged integer,
         talk_seconds double precision, ringing_seconds double precision, wrap_seconds double precision,
         idle_seconds double precision, break_seconds double precision, last_offered_at timestamptz)
join agents a on a.tenant_id = e.tenant_id and a.key = e.key
join campaigns p on p.id = e.campaign_id
on conflict (campaign_id, agent_id) do update
set calls = excluded.calls, missed = excluded.missed, bridged = excluded.bridged, talk_seconds = excluded.talk_seconds,
    ringing_seconds = excluded.ringing_seconds, wrap_seconds = excluded.wrap_seconds,
    idle_seconds = excluded.idle_seconds, break_seconds = excluded.break_seconds,
    last_offered_at = excluded.last_offered_at;

-- name: free_agents
-- After a restart nobody is in a call that is not taken up again.
update agents set state = 'Waiting' where state in ('Reserved', 'In a queue call') and not (tenant_id, extension) in (
    select * from unnest($1::bigint[], $2::text[]))
returning key;

-- name: results_due
select c.id, c.attempts_made, c.successes, c.next_try_at, c.result_until, c.report, p.members, p.id as campaign_id,
       coalesce((select a.position from attempts a where a.contact_id = c.id order by a.reserved_at desc limit 1), 0)
           as position,
       (select a.agent from attempts a where a.contact_id = c.id order by a.reserved_at desc limit 1) as agent,
       p.tenant_id
from contacts c join campaigns p on p.id = c.campaign_id
where c.result_until is not null and c.state = 'waiting' and (c.result_until <= $1 or c.report is not null)
order by c.result_until
limit $2;

-- name: expiring
select c.id, c.attempts_made, c.successes
from contacts c
where c.state = 'waiting' and c.result_until is null and c.expires_at <= $1
  and exists (select from campaigns p where p.id = c.campaign_id and p.members is not null)
order by c.id
limit $2;

-- name: waiting_after
-- Members that wait, page by page.
select id, attempts_made, successes from contacts
where campaign_id = $1 and state = 'waiting' and result_until is null and id > $2
order by id
limit $3;
