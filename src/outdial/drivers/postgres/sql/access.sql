-- name: credential
select tenant_id, login, password_hash from users where login = $1;

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
