// Where the status page is published: a folder, a server of the node's own, other hosts. A page is a set of files; each
// target is brought what changed since it last had everything.

/** One file of the page, as it is served. Equal digests mean equal bytes. */
export interface PublishedFile {
  /** Relative, such as `incidents/20261126-1/index.html`: letters, digits, `.`, `-`, `_`, and `/` between names. */
  readonly path: string;
  /** Media type. */
  readonly type: string;
  readonly bytes: Uint8Array;
  /** The same compressed, where that is worth it. */
  readonly gzip?: Uint8Array | undefined;
  readonly brotli?: Uint8Array | undefined;
  readonly digest: string;
}

export interface PublishedChanges {
  /**
   * In the order in which they must become visible: what refers to others comes after them. All files, until a push
   * has succeeded once.
   */
  readonly changed: readonly PublishedFile[];
  /** Paths that were there and are no more. Removed last. */
  readonly removed: readonly string[];
}

export interface PublishTarget {
  /** For people, without secrets: `rsync web1.example.net`. */
  readonly name: string;
  /**
   * Rejects where not everything could be brought, when nothing of it is under way any more: all of it is given again
   * then, of which it may leave out what it knows to be there. Ends soon after the signal is aborted. The owner calls
   * it once at a time.
   */
  push(changes: PublishedChanges, signal: AbortSignal): Promise<void>;
}
