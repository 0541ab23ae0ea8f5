// What a node needs to know before it starts: ringthrough.yaml with its defaults filled in. load.ts reads it;
// docs/configuration.md explains each key.

import type { SmtpOptions } from '../../adapters/mail-smtp/mail-smtp.ts';
import type { SmsOptions } from '../../adapters/sms-http/sms-http.ts';
import type { Endpoint } from '../../base/net.ts';
import type { SessionTerms } from '../../calls/session-timer.ts';
import type { Rules } from '../../incidents/known.ts';
import type { ControlSettings } from '../../node/options.ts';
import type { ClientCertificates } from '../../ports/certificates.ts';
import type { ProbeTarget } from '../../ports/probes.ts';
import type { TrunkSettings } from '../../ports/records.ts';
import type { KnownWatcher } from '../../watch/intake.ts';
import type { Component, JudgedProbe } from '../../watch/judgement.ts';
import type { ProbeTiming } from '../../watch/watcher.ts';
import type { ListenTransport, PortRange } from './addresses.ts';
import type { PageSettings } from './status-page.ts';

export interface SipListener extends Endpoint {
  readonly transport: ListenTransport;
  /** The address that phones and carriers are told for this listener: in Via, Contact and Record-Route. */
  readonly advertised: string;
  /** Of those that speak TLS; `off` on the others. */
  readonly clientCertificates: ClientCertificates;
  /** Refuses what breaks RFC 3261 though it could be understood: docs/strictness.md. */
  readonly strict: boolean;
}

export interface MediaAddress {
  readonly address: string;
  /** What phones and carriers are told to send audio to. */
  readonly advertised: string;
}

/** Absolute paths of PEM files. */
export interface TlsFiles {
  readonly certificate: string;
  readonly key: string;
  readonly authorities: readonly string[];
}

export interface Config {
  /** The file that it came from; absent on embedded defaults. */
  readonly file?: string;
  /** True on embedded defaults: the demo account is made and the demo carrier started. */
  readonly demo: boolean;
  readonly node: {
    readonly name: string;
    readonly dataFolder: string;
    readonly country: string;
    /** It has no telephones; what is said of them here is not looked at. */
    readonly onlyWatches: boolean;
    /** Accounts whose calls are those of probes: they are no figures of what customers find. */
    readonly probeAccounts?: readonly string[];
  };
  readonly sip: {
    readonly domain: string;
    readonly listeners: readonly SipListener[];
    readonly acceptMd5: boolean;
    /** Pages that may connect over WebSockets, such as `https://portal.example.net`; `*` stands for every page. */
    readonly webOrigins: readonly string[];
    /** Session timers (RFC 4028): what is asked for, and the least that is accepted. */
    readonly sessionTerms: SessionTerms;
  };
  /** Present where a listener speaks TLS. */
  readonly tls?: TlsFiles;
  readonly media: {
    /** One, or one of each family, the main one first. */
    readonly addresses: readonly [MediaAddress, ...MediaAddress[]];
    readonly ports: PortRange;
    /** A call without a packet from either side for this long is ended. */
    readonly silenceMs: number;
    /** An operator's own prompts: a folder with one for each language. */
    readonly prompts?: string;
    /** Of prompts, for whoever has none of their own (BCP 47). */
    readonly language: string;
  };
  readonly http: { readonly listen: Endpoint };
  readonly dns: {
    /** Empty: those of this machine. */
    readonly servers: readonly Endpoint[];
    readonly timeoutMs: number;
  };
  readonly log: { readonly level: LogLevel };
  readonly trace: {
    /** How long messages stay in memory; 0: they do not. */
    readonly keepMs: number;
    /** A HEP collector that gets a copy of each. */
    readonly hep?: { readonly collector: Endpoint; readonly captureId: number; readonly password?: string };
  };
  readonly shield: {
    /** Whether the kernel does the shield's work ahead of the node; `auto`: where it can and there is something to guard. */
    readonly kernel: 'auto' | 'off' | 'require';
    /** Where packets are judged as they arrive; none: wherever they arrive, before connection tracking. */
    readonly interfaces: readonly string[];
    /** Doors of accounts are opened on these; two more behind them are the node's own. Absent: there are none. */
    readonly doors?: { readonly from: number; readonly to: number };
    /** A door that leaks is moved without being asked. */
    readonly moveDoors: boolean;
  };
  /** How people are told by e-mail; absent: they are not. */
  readonly mail?: Omit<SmtpOptions, 'name'> | undefined;
  /** The same by text message. */
  readonly sms?: (SmsOptions & { readonly inbound?: InboundTexts | undefined }) | undefined;
  /** What this node watches; absent: nothing. */
  readonly watch?: WatchSettings | undefined;
  /** The status page; absent: there is none. */
  readonly page?: PageSettings | undefined;
  /** How incidents and maintenance are told. */
  readonly incidents: Rules;
  /** How the node itself is called. */
  readonly control: ControlSettings;
  readonly trunks: readonly TrunkSettings[];
}

/** Where a carrier brings text messages, and by what its requests are known. */
export interface InboundTexts {
  readonly url: string;
  readonly secret: string;
}

export interface WatchSettings {
  /** What this watcher is called. */
  readonly name: string;
  /** False: this node judges by what others say, and runs no probes. Their targets mean nothing then. */
  readonly runs: boolean;
  readonly probes: readonly (JudgedProbe & ProbeTiming & { readonly target: ProbeTarget })[];
  /** PEM: whom TLS probes trust beside those that the system does. */
  readonly authorities: readonly string[];
  /** Others whose results count. */
  readonly watchers: readonly KnownWatcher[];
  /** Other nodes that its results are brought to: `https://status.example.net`. */
  readonly report: readonly string[];
  /** They are brought this node's time series too. */
  readonly reportSeries: boolean;
  /** Which of the watchers brings its time series to this node. */
  readonly seriesOf?: KnownWatcher | undefined;
  /** What the status page tells of; each is fed by probes. */
  readonly components: readonly Component[];
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
