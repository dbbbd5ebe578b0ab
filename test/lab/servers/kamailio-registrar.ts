import type { KamailioPlace } from './kamailio.js'

/** A small registrar and proxy with digest authentication: enough for phones to register and to call each other. */
export function REGISTRAR({ port, dir, modulesDir }: KamailioPlace): string {
  return `#!KAMAILIO
debug=1
log_stderror=yes
fork=yes
children=2
tcp_children=2
auto_aliases=no
dns=off
rev_dns=off
dns_try_ipv6=off
listen=udp:127.0.0.1:${port}
listen=tcp:127.0.0.1:${port}
mpath="${modulesDir}"
loadmodule "kex.so"
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "maxfwd.so"
loadmodule "textops.so"
loadmodule "siputils.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
loadmodule "auth.so"
loadmodule "ctl.so"
modparam("ctl", "binrpc", "unixs:${dir}/kamailio.ctl")
modparam("usrloc", "db_mode", 0)
modparam("auth", "secret", "lab-secret-for-nonces")

request_route {
  if (!mf_process_maxfwd_header("10")) { sl_send_reply("483", "Too Many Hops"); exit; }
  if (is_method("OPTIONS")) { sl_send_reply("200", "OK"); exit; }
  if (is_method("REGISTER")) {
    if (!pv_www_authenticate("$td", "pw-$au", "0")) { www_challenge("$td", "1"); exit; }
    force_rport();
    if (!save("location")) sl_reply_error();
    exit;
  }
  if (has_totag() && loose_route()) { t_relay(); exit; }
  if (is_method("ACK")) exit;
  if (!pv_proxy_authenticate("$fd", "pw-$au", "0")) { proxy_challenge("$fd", "1"); exit; }
  if (!lookup("location")) { sl_send_reply("404", "Not Found"); exit; }
  record_route();
  t_relay();
}
`
}
