// Runs in the page of a browser test: a phone on JsSIP that the test steers, and that writes down what happens.

const JsSIP = globalThis.JsSIP;
const told = [];
const MEDIA = { mediaConstraints: { audio: true, video: false }, pcConfig: { iceServers: [] } };
let ua;
let subscriber;

function tell(type, facts = {}) {
  told.push({ type, ...facts });
}

function failure({ originator, cause, message }) {
  const answer = message && {
    status: message.status_code,
    reason: message.reason_phrase,
    warning: message.getHeader?.('Warning'),
  };
  return { originator, cause, ...answer };
}

/** `incoming`: what to do with calls, `busy` or `answer`. */
function start({ url, uri, password, incoming }) {
  const sockets = [new JsSIP.WebSocketInterface(url)];
  ua = new JsSIP.UA({ sockets, uri, password, register: true, connection_recovery_max_interval: 2 });
  ua.on('connected', () => tell('connected'));
  ua.on('disconnected', ({ code }) => tell('disconnected', { code }));
  ua.on('registered', () => tell('registered'));
  ua.on('registrationFailed', (event) => tell('registration-failed', failure(event)));
  // A NOTIFY that it never asked for.
  ua.on('sipEvent', ({ event, request }) => tell('lamp', { event: event.event, text: request.body }));
  ua.on('newRTCSession', ({ originator, session, request }) => {
    if (originator !== 'remote') return;
    tell('incoming', { from: request.from.uri.user });
    session.on('failed', (event) => tell('incoming-failed', failure(event)));
    if (incoming === 'answer') session.answer(MEDIA);
    else session.terminate({ status_code: 486 });
  });
  ua.start();
}

function call(uri) {
  const session = ua.call(uri, MEDIA);
  session.on('progress', () => tell('progress'));
  session.on('failed', (event) => tell('failed', failure(event)));
}

/** Subscribes to its mailbox. */
function watch(uri) {
  const summary = 'application/simple-message-summary';
  subscriber = ua.subscribe(uri, 'message-summary', summary, { expires: 120 });
  subscriber.on('active', () => tell('watching'));
  subscriber.on('notify', (_final, _request, body) => tell('waiting', { text: body }));
  subscriber.on('terminated', (code, reason) => tell('watched', { code, reason }));
  subscriber.subscribe();
}

function watchNoMore() {
  subscriber.terminate();
}

/** Asks the node whether it is there. */
function ask(uri) {
  ua.sendOptions(uri, '', {
    eventHandlers: {
      succeeded: ({ response }) => tell('answered', { status: response.status_code }),
      failed: (event) => tell('unanswered', failure(event)),
    },
  });
}

globalThis.phone = { told, start, call, ask, watch, watchNoMore };
