"""Every habit of docs/quirks.md and the tests that play it: `path::test`, from `tests/`."""

MATRIX = "interop/test_matrix.py::test_a_session_moves_whole_files"
MORE = "interop/test_more_clients.py::test_a_client_moves_whole_files_and_lists"
IIS = "interop/test_iis.py::test_a_session_with_iis_moves_whole_files"
QUIRKS = "interop/test_quirks.py::"
WHOLE = "transcripts/test_whole_conversations.py::"

TESTS: dict[str, tuple[str, ...]] = {
    # Clients.
    "`AUTH TLS, USER, PASS, CLNT, OPTS UTF8 ON, PBSZ 0, PROT P, CWD, TYPE I, PASV, MLSD`, in parallel sessions": (
        WHOLE + "test_tls_of_the_client_is_all_that_a_clear_server_does_not_hear_of",
        QUIRKS + "test_filezillas_order_in_parallel_sessions_resumes_and_ends_in_order",
    ),
    "fails a transfer without close_notify, and checks that data resume the control session": (
        QUIRKS + "test_filezillas_order_in_parallel_sessions_resumes_and_ends_in_order",
    ),
    "`AUTH SSL` first": (WHOLE + "test_curl_tries_auth_ssl_first_and_falls_back_to_pasv",),
    "`EPSV`, then `PASV`; `EPSV` forced on IPv6": (
        WHOLE + "test_curl_tries_auth_ssl_first_and_falls_back_to_pasv",
        "session/test_passive.py::test_on_ipv6_epsv_speaks_of_ipv6",
    ),
    "a download needs a clean end of TLS; many files over one control connection": (MATRIX,),
    "pipelines `FEAT`, `CLNT`, `LANG`, `OPTS`": (WHOLE + "test_lftp_pipelines_and_aborts_in_line",),
    "IAC IP IAC DM before `ABOR`, in line under TLS, DM as urgent data without": (
        "ftp/test_lines.py::test_telnet_sequences_are_stripped_in_front_of_abor",
        "ftp/test_lines.py::test_abor_is_found_when_its_data_mark_travelled_out_of_band",
        QUIRKS + "test_abor_is_heard_whatever_of_it_travels_as_urgent_data",
        "dataplane/test_driver.py::test_abor_ends_a_transfer_in_its_middle_and_the_session_lives_on",
    ),
    "takes the delimiter of `EPSV` from the reply": (
        "ftp/test_addresses.py::test_the_reply_to_epsv_has_the_classic_form",
    ),
    "`SSCN` and `CPSV` for transfers between servers": (
        "session/test_commands.py::test_a_verb_that_is_refused_gets_the_reply_of_the_table",
    ),
    "never reads a data connection while it uploads": (
        QUIRKS + "test_lftp_never_reads_while_it_uploads_and_loses_nothing",
    ),
    "`PROT P` on demand only": (
        "session/test_security.py::test_where_protection_is_required_nothing_moves_without_it",
    ),
    "no session is resumed": (
        MATRIX,
        "interop/test_direct.py::test_a_client_that_cannot_resume_is_refused_by_a_strict_server",
    ),
    "takes the numbers of a 227 anywhere in the line": (
        "ftp/test_addresses.py::test_the_reply_to_pasv_has_the_classic_form",
    ),
    "uploads end without close_notify": (
        "interop/test_more_clients.py::test_an_upload_without_close_notify_is_never_complete_unless_that_is_wanted",
        MORE,
    ),
    "the data connection's peer must be the control connection's": (MORE,),
    "`OPTS UTF8 ON` before login": ("session/test_answers.py::test_before_login_ftpair_answers",),
    "ignores errors of `PBSZ` and `PROT`, throws on a foreign host in a 227": (MATRIX,),
    "aborts a download over TLS and goes on over the same control connection": (
        QUIRKS + "test_an_aborted_download_over_tls_leaves_the_control_connection_alone",
    ),
    "`CR CR LF`": (
        "ftp/test_lines.py::test_crlf_bare_lf_and_double_cr_end_a_line",
        QUIRKS + "test_habits_of_old_clients_are_borne",
    ),
    "`P@SW` for `PASV`": ("session/test_passive.py::test_pasv_goes_to_the_server_as_it_was_typed",),
    "`ABOR` as an ordinary line": ("session/test_aborting.py::test_abor_without_a_transfer_is_an_ordinary_command",),
    "`LIST` with flags, `STRU` and `MODE`": (QUIRKS + "test_habits_of_old_clients_are_borne",),
    "uses a data connection again after a failed `RETR`": (
        QUIRKS + "test_a_data_connection_is_not_used_again_after_a_failed_transfer_and_the_session_lives_on",
    ),
    "`FEAT`, `PBSZ` and `OPTS` before login": (
        "session/test_answers.py::test_feat_before_login_is_what_the_pool_can_do_and_ftpairs_own",
        "interop/test_attacks.py::test_s4_any_order_of_security_commands_gets_one_reply_each_and_stays_under_tls",
    ),
    "a request for a client certificate ends the session": (QUIRKS + "test_nobody_is_asked_for_a_certificate",),
    "active by default; `EPSV` with IPv4 only when told": (
        "interop/test_active.py::test_a_session_moves_whole_files",
        "session/test_passive.py::test_epsv_with_the_own_protocol_goes_on",
    ),
    "`CCC` for firewalls": ("session/test_clearing.py",),
    # Rules.
    "the first reply is 125 or 150": (IIS, QUIRKS + "test_the_ways_of_ibm_i_are_understood"),
    "a reply of several lines ends only at its own code and a space": (
        "ftp/test_replies.py::test_a_multi_line_reply_ends_only_at_its_own_code_and_a_space",
        QUIRKS + "test_inner_lines_of_a_reply_may_begin_with_digits_and_may_be_blank",
    ),
    "blank lines in `FEAT`": (
        "ftp/test_feat.py::test_features_are_read_from_a_whole_reply",
        QUIRKS + "test_inner_lines_of_a_reply_may_begin_with_digits_and_may_be_blank",
    ),
    "the 227 keeps its classic form": ("ftp/test_addresses.py::test_the_reply_to_pasv_has_the_classic_form",),
    "the data handshake comes before or after the 150": (
        "dataplane/test_data.py::test_the_client_may_shake_hands_before_or_after_its_command_and_the_150",
    ),
    "HTTP on the control port": ("interop/test_attacks.py::test_s5_http_is_hung_up_on_without_an_echo",),
    # Servers.
    "after `ABOR` before its data connection is there, the next data connection begins with the aborted download": (
        "dataplane/test_aborts.py::test_pyftpdlib_goes_on_with_a_download_that_was_aborted_too_early",
        "dataplane/test_aborts.py::test_a_download_behind_an_aborted_one_is_whole_whenever_that_was_aborted",
    ),
    "greeting, `234 AUTH command ok. Expecting TLS Negotiation.`, `534-Policy requires SSL.`": (IIS,),
    "`PBSZ` before `PROT`": ("interop/test_iis.py::test_protection_is_arranged_in_the_order_that_iis_wants",),
    "no close_notify on data, waits for FIN; 226 before data are closed": (IIS,),
    "`NOOP` unanswered in a transfer": ("interop/test_iis.py::test_a_noop_during_a_transfer_is_answered_after_it",),
    "checks that the data peer is the control peer": (IIS,),
    "`HOST`, and `site\\|user` as the name of a user": (
        "interop/test_iis.py::test_host_reaches_the_server_before_the_login",
        "interop/test_iis.py::test_a_user_may_name_the_site_in_front",
    ),
    "listings as MS-DOS or as UNIX": ("interop/test_iis.py::test_listings_of_both_styles_arrive_as_they_are",),
    "`522` behind the 150 where data do not resume": (
        "session/test_transfer.py::test_a_refusal_behind_the_150_reaches_the_client_when_the_data_have_ended",
        MATRIX,
    ),
    "refuses an ALPN other than `ftp`": (
        "dataplane/test_alpn.py::test_servers_are_offered_ftp",
        MATRIX,
    ),
    "demands resumption, newest ticket": (
        MATRIX,
        "dataplane/test_tickets.py::test_three_data_connections_resume_one_control_session",
    ),
    "answers `ABOR` before the transfer": (
        "session/test_aborting.py::test_a_server_that_answers_abor_before_the_transfer_is_put_in_order",
    ),
    "a second 150 for `ABOR`, never 426": (
        QUIRKS + "test_an_abort_is_answered_by_426_and_226_whatever_the_server_says",
    ),
    "`EPSV` in `FEAT`, but 500 to it; no `PASV` on IPv6": (
        WHOLE + "test_curl_tries_auth_ssl_first_and_falls_back_to_pasv",
        "session/test_passive.py::test_an_ipv6_server_is_asked_with_epsv_for_a_client_that_says_pasv",
    ),
    "`FEAT` before `AUTH` is 534; `PROT P` required": (
        WHOLE + "test_the_chores_of_a_server_with_tls_are_all_that_is_added",
        "probes/test_probe.py::test_a_server_receives_exactly_this",
    ),
    "`EPSV` with `!`, 227 without brackets": (QUIRKS + "test_the_ways_of_ibm_i_are_understood",),
    "1xx missing before the 226 of an empty listing": (QUIRKS + "test_the_ways_of_ibm_i_are_understood",),
    "data reset on a failed `NLST`": (QUIRKS + "test_the_ways_of_ibm_i_are_understood",),
}
