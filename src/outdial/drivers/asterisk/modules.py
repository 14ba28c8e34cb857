"""The modules outdial needs of Asterisk, grouped by purpose; with autoload off the list is complete.

A plain list, nothing more: it is written into a configuration elsewhere.
"""

# Load order does not matter to Asterisk, but a module whose neighbour is absent refuses to load, and some of
# those needs are not obvious: chan_pjsip and res_pjsip_refer want res_pjsip_pubsub; app_mixmonitor wants
# func_periodic_hook, which wants app_chanspy, func_cut, func_groupcount and func_uri; chan_rtp wants
# res_rtp_multicast; recording a bridge wants chan_bridge_media; app_amd wants an amd.conf.
MODULES: dict[str, tuple[str, ...]] = {
    "timing and storage of settings": (
        "res_timing_timerfd", "res_sorcery_config", "res_sorcery_memory", "res_sorcery_astdb",
        "res_pjproject", "res_statsd",
    ),
    "RTP": (
        "res_rtp_asterisk", "res_rtp_multicast", "res_srtp", "res_crypto",
    ),
    "SIP": (
        "res_pjsip", "res_pjsip_pubsub", "res_pjsip_session", "res_pjsip_sdp_rtp", "chan_pjsip",
        "res_pjsip_authenticator_digest", "res_pjsip_outbound_authenticator_digest",
        "res_pjsip_outbound_registration", "res_pjsip_endpoint_identifier_ip",
        "res_pjsip_endpoint_identifier_user", "res_pjsip_endpoint_identifier_anonymous",
        "res_pjsip_caller_id", "res_pjsip_dtmf_info", "res_pjsip_rfc3326", "res_pjsip_nat",
        "res_pjsip_logger", "res_pjsip_registrar", "res_pjsip_dlg_options", "res_pjsip_header_funcs",
        "res_pjsip_acl", "res_pjsip_path", "res_pjsip_diversion", "res_pjsip_maintenance",
        "res_pjsip_empty_info", "res_pjsip_refer",
    ),
    "codecs and file formats": (
        "res_format_attr_opus", "codec_ulaw", "codec_alaw", "codec_a_mu", "codec_resample", "codec_g722",
        "codec_gsm", "codec_opus_open_source", "format_wav", "format_pcm", "format_sln", "format_gsm",
        "format_wav_gsm",
    ),
    "bridges": (
        "bridge_simple", "bridge_native_rtp", "bridge_holding", "bridge_softmix",
        "bridge_builtin_features",
    ),
    "channels other than SIP": (
        "chan_bridge_media", "chan_rtp", "chan_websocket", "res_audiosocket", "chan_audiosocket",
        "app_audiosocket",
    ),
    "the dialplan": (
        "pbx_config", "app_stasis", "app_dial", "app_playback", "app_verbose", "app_senddtmf", "app_amd",
        "app_mixmonitor", "app_record", "app_echo", "app_read", "app_waitforsilence", "app_playtones",
        "app_exec", "app_stack", "app_talkdetect", "app_while", "app_chanspy",
    ),
    "dialplan functions": (
        "func_channel", "func_callerid", "func_logic", "func_strings", "func_hangupcause", "func_timeout",
        "func_rand", "func_env", "func_global", "func_math", "func_pjsip_endpoint", "func_pjsip_contact",
        "func_pjsip_aor", "func_talkdetect", "func_periodic_hook", "func_cut", "func_dialplan",
        "func_groupcount", "func_uri",
    ),
    "ARI": (
        "res_http_websocket", "res_websocket_client", "res_stasis", "res_stasis_answer",
        "res_stasis_playback", "res_stasis_recording", "res_stasis_snoop", "res_stasis_device_state",
        "res_ari", "res_ari_model", "res_ari_applications", "res_ari_asterisk", "res_ari_bridges",
        "res_ari_channels", "res_ari_device_states", "res_ari_endpoints", "res_ari_events",
        "res_ari_playbacks", "res_ari_recordings", "res_ari_sounds",
    ),
    "hold music, tone detection, calls from the console": (
        "res_musiconhold", "res_tonedetect", "res_clioriginate",
    ),
}  # fmt: skip


def module_names() -> tuple[str, ...]:
    """The names of all of them, without the `.so`, each once."""
    return tuple(name for names in MODULES.values() for name in names)
