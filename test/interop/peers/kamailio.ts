// Kamailio as a carrier: it wants digest credentials for every INVITE and REGISTER, keeps the registrations of
// trunks in memory, passes authorised calls to whoever stands for the PSTN behind it, and calls that come from
// there to the trunk that has registered for them. The configuration is made anew for each test.

import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Child } from '../child.ts';
import { freePorts, HOST, type Rig } from '../rig.ts';

export interface KamailioOptions {
  readonly realm: string;
  readonly user: string;
  readonly password: string;
  /** The PSTN: where authorised calls go, and where calls to the trunk come from. */
  readonly pstn: { readonly port: number };
}

export class Kamailio {
  readonly port: number;
  readonly #child: Child;

  static async start(rig: Rig, options: KamailioOptions): Promise<Kamailio> {
    const port = await freePorts();
    const folder = path.join(rig.folder, 'kamailio');
    mkdirSync(folder);
    const file = path.join(folder, 'kamailio.cfg');
    writeFileSync(file, configuration(port, options));
    const child = Child.start('kamailio', 'kamailio', [
      ...['-f', file, '-DD', '-E', '-e', '-m', '32', '-M', '4'],
      ...['-w', folder, '-Y', folder, '-P', path.join(folder, 'pid')],
    ]);
    rig.onEnd(() => child.stop());
    // The main process says so when every other one has been started and all sockets are bound.
    await child.line(/RINGTHROUGH-RIG ready/, 15_000);
    return new Kamailio(child, port);
  }

  private constructor(child: Child, port: number) {
    this.#child = child;
    this.port = port;
  }

  /** Waits for what its routes log: `challenged INVITE`, `authorised INVITE`, `registered sip:…`, … */
  async logged(pattern: RegExp, withinMs = 10_000): Promise<string> {
    const [text] = await this.#child.line(pattern, withinMs);
    return text;
  }
}

function configuration(port: number, { realm, user, password, pstn }: KamailioOptions): string {
  return `#!KAMAILIO
debug=1
log_stderror=yes
children=1
tcp_children=1
auto_aliases=no
listen=udp:${HOST}:${port}
listen=tcp:${HOST}:${port}

loadmodule "kex.so"
loadmodule "pv.so"
loadmodule "xlog.so"
loadmodule "sl.so"
loadmodule "tm.so"
loadmodule "tmx.so"
loadmodule "rr.so"
loadmodule "maxfwd.so"
loadmodule "textops.so"
loadmodule "siputils.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
loadmodule "auth.so"
loadmodule "corex.so"

modparam("usrloc", "db_mode", 0)
modparam("registrar", "min_expires", 30)
modparam("tm", "fr_timer", 3000)

event_route[core:worker-one-init] {
  xlog("L_ALERT", "RINGTHROUGH-RIG ready\\n");
}

request_route {
  if (!mf_process_maxfwd_header("10")) { sl_send_reply("483", "Too Many Hops"); exit; }
  if (is_method("OPTIONS")) { sl_send_reply("200", "OK"); exit; }
  if (is_method("CANCEL")) { if (t_check_trans()) { t_relay(); } exit; }
  if (has_totag()) {
    if (loose_route() || is_method("ACK")) { t_relay(); exit; }
    sl_send_reply("404", "Not Here");
    exit;
  }
  if ($sp == ${pstn.port}) { route(TO_TRUNK); }
  route(AUTHORISE);
  if (is_method("REGISTER")) {
    save("location");
    xlog("L_ALERT", "registered $ct\\n");
    exit;
  }
  xlog("L_ALERT", "authorised $rm to $rU from $fU, identity $hdr(P-Asserted-Identity)\\n");
  record_route();
  $du = "sip:${HOST}:${pstn.port}";
  t_relay();
}

route[AUTHORISE] {
  if (is_method("REGISTER")) {
    if (pv_www_authenticate("${realm}", "${password}", "0") && $au == "${user}") return;
    xlog("L_ALERT", "challenged $rm\\n");
    www_challenge("${realm}", "1");
    exit;
  }
  if (pv_proxy_authenticate("${realm}", "${password}", "0") && $au == "${user}") {
    consume_credentials();
    return;
  }
  xlog("L_ALERT", "challenged $rm\\n");
  proxy_challenge("${realm}", "1");
  exit;
}

route[TO_TRUNK] {
  $var(called) = $rU;
  $ru = "sip:${user}@${realm}";
  if (!lookup("location")) { sl_send_reply("480", "Trunk Not Registered"); exit; }
  # As carriers do: the called number in To, the registered contact in the Request-URI.
  record_route();
  t_relay();
  exit;
}
`;
}
