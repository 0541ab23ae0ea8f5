/** Names to addresses. May take as long as it likes, and may fail: callers go on with what they knew. */
export interface Resolver {
  /** IP literals, IPv4 and IPv6, in the order to try them. Rejects where the name has none. */
  addresses(host: string): Promise<readonly string[]>;
}
