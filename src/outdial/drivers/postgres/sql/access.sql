-- name: credential
select tenant_id, login, password_hash, role from users where login = $1;

-- name: key_owner
select tenant_id, name as login from api_keys where key_hash = $1;

-- name: default_tenant
select id from tenants order by id limit 1;

-- name: open_session
with over as (
    delete from sessions where expires_at < now()
)
insert into sessions (token_hash, tenant_id, login, idle_seconds, expires_at)
values ($1, $2, $3, $4, now() + make_interval(secs => $4));

-- name: session
update sessions set expires_at = now() + make_interval(secs => idle_seconds)
where token_hash = $1 and expires_at >= now()
returning tenant_id, login;

-- name: put_audio
insert into audio_files as f (tenant_id, name, path, seconds) values ($1, $2, $3, $4)
on conflict (tenant_id, name) do update set path = excluded.path, seconds = excluded.seconds
returning id, name, path, seconds;

-- name: named_audio
select id, name, path, seconds from audio_files where tenant_id = $1 and name = $2;

-- name: all_audio
select id, name, path, seconds from audio_files where tenant_id = $1 order by id;

-- name: remove_audio
delete from audio_files where tenant_id = $1 and name = $2 returning id, name, path, seconds;

-- name: open_login
with over as (
    delete from logins where expires_at < now()
)
insert into logins (id, token_hash, tenant_id, login, expires_at)
values ($1, $2, $3, $4, now() + make_interval(secs => $5));

-- name: renew_login
update logins set token_hash = $2, expires_at = now() + make_interval(secs => $3)
where token_hash = $1 and expires_at >= now()
returning id::text, tenant_id, login;

-- name: login
select tenant_id, login from logins where id = $1 and expires_at >= now();

-- name: end_login
delete from logins where id = $1 or token_hash = $2;

-- name: keep_secret
insert into secrets (name, value) values ($1, $2) on conflict (name) do nothing;

-- name: secret
select value from secrets where name = $1;
