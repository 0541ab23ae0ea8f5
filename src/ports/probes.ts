// Probes: what a watcher asks of the outside, as a customer would, to see whether it is there.

export type ProbeTarget =
  /** A SIP server, over a connection or a socket of its own. */
  | {
      readonly type: 'sip-options';
      readonly transport: 'udp' | 'tcp' | 'tls';
      readonly host: string;
      readonly port: number;
    }
  /** A page, over http or https. */
  | { readonly type: 'http'; readonly url: string }
  | { readonly type: 'tcp'; readonly host: string; readonly port: number };

export type ProbeEnd =
  | { readonly outcome: 'passed'; readonly latencyMs: number }
  /** The reason is for people. */
  | { readonly outcome: 'failed'; readonly reason: string };

export interface Prober {
  /** Never rejects. Fails after `timeoutMs` whatever is awaited, and at once when the signal is aborted. */
  probe(target: ProbeTarget, timeoutMs: number, signal: AbortSignal): Promise<ProbeEnd>;
}
