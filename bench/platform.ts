// What the benches load: a telephone platform, and for calls with audio what its relay says of itself.

/** RTP packets of all legs together. */
export interface Relayed {
  readonly received: number;
  readonly sent: number;
  /** Missing from the sequence numbers that it received, where it counts them. */
  readonly missing?: number;
  /** Calls that it recorded as answered, where it keeps records. */
  readonly answered?: number;
}

export interface Platform {
  readonly name: string;
  readonly sipPort: number;
  /** What is paid for: each with all that it forks. */
  readonly programs: readonly { readonly name: string; readonly pid: number }[];
}

export interface RelayingPlatform extends Platform {
  /** Called when so many calls have ended. */
  relayed(calls: number): Promise<Relayed>;
}
