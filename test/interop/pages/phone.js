// Runs in the page of a browser test: a phone on JsSIP that the test steers, and that writes down what happens.

const JsSIP = globalThis.JsSIP;
const told = [];
const MEDIA = { mediaConstraints: { audio: true, video: false }, pcConfig: { iceServers: [] } };
let ua;

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

/** Asks the node whether it is there. */
function ask(uri) {
  ua.sendOptions(uri, '', {
    eventHandlers: {
      succeeded: ({ response }) => tell('answered', { status: response.status_code }),
      failed: (event) => tell('unanswered', failure(event)),
    },
  });
}

globalThis.phone = { told, start, call, ask };
