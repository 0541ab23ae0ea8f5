// Whom TLS probes trust: the authorities of the system, and those that the operator names beside them. Read once, for
// it is a hundred and fifty certificates.

import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls';

export class Trust {
  readonly #authorities: readonly string[];
  #context: SecureContext | undefined;

  /** PEM, of one or more certificates each. */
  constructor(authorities: readonly string[]) {
    this.#authorities = authorities;
  }

  /** Made when it is first needed. */
  get context(): SecureContext {
    this.#context ??= createSecureContext({ ca: [...getCACertificates('default'), ...this.#authorities] });
    return this.#context;
  }
}
