// A client of SIP over WebSockets that the contract can drive like a transport: nobody can be connected to over
// them, so the other side of a listener is no listener. It frames nothing and answers nothing by itself.

import { type ClientOptions, WebSocket } from 'ws';
import { type Flow, formatEndpoint } from '../../src/base/net.ts';
import type { Listener, SignallingHandler, SignallingTransport } from '../../src/ports/signalling.ts';

export class WebSocketClient implements SignallingTransport {
  readonly listener: Listener;
  readonly #handler: SignallingHandler;
  readonly #options: ClientOptions;
  readonly #connections = new Map<string, { readonly ws: WebSocket; readonly opened: Promise<WebSocket> }>();

  constructor(
    transport: 'ws' | 'wss',
    address: string,
    handler: SignallingHandler,
    options: ClientOptions = {},
  ) {
    this.listener = { transport, local: { address, port: 0 } };
    this.#handler = handler;
    this.#options = options;
  }

  send(batch: Parameters<SignallingTransport['send']>[0]): void {
    for (const { flow, bytes } of batch) {
      void this.#to(flow).then((ws) => ws.send(bytes, { binary: false }));
    }
  }

  stats() {
    return { connections: this.#connections.size, counters: {} };
  }

  async close(): Promise<void> {
    for (const { ws } of this.#connections.values()) ws.terminate();
  }

  #to(flow: Flow): Promise<WebSocket> {
    const key = formatEndpoint(flow.remote);
    const known = this.#connections.get(key);
    if (known !== undefined) return known.opened;
    const ws = new WebSocket(`${flow.transport}://${key}/`, 'sip', this.#options);
    const opened = new Promise<WebSocket>((resolve) => ws.once('open', () => resolve(ws)));
    this.#connections.set(key, { ws, opened });
    ws.on('message', (data) => {
      if (Buffer.isBuffer(data) && data.length > 2) this.#handler.received([{ flow, bytes: data }]);
    });
    ws.on('error', (error) => this.#handler.failed(flow, error.message));
    ws.on('close', () => {
      this.#connections.delete(key);
      this.#handler.closed(flow);
    });
    return opened;
  }
}
