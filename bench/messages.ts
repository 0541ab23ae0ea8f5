// The messages that a node reads all day: a desk phone's REGISTER with credentials, its INVITE with an offer, and
// the 200 of a call that went through two proxies.

const SDP = [
  'v=0',
  'o=- 20518 20518 IN IP4 192.0.2.7',
  's=-',
  'c=IN IP4 192.0.2.7',
  't=0 0',
  'm=audio 11780 RTP/AVP 8 0 9 101',
  'a=rtpmap:8 PCMA/8000',
  'a=rtpmap:0 PCMU/8000',
  'a=rtpmap:9 G722/8000',
  'a=rtpmap:101 telephone-event/8000',
  'a=fmtp:101 0-15',
  'a=ptime:20',
  'a=sendrecv',
  '',
];

const REGISTER = [
  'REGISTER sip:voice.example.net SIP/2.0',
  'Via: SIP/2.0/UDP 192.168.1.20:5060;branch=z9hG4bK1876253419;rport',
  'From: "Reception" <sip:reception@voice.example.net>;tag=1534862101',
  'To: "Reception" <sip:reception@voice.example.net>',
  'Call-ID: 0_1893474917@192.168.1.20',
  'CSeq: 2 REGISTER',
  'Contact: <sip:reception@192.168.1.20:5060>;+sip.instance="<urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6>"',
  'Authorization: Digest username="reception", realm="voice.example.net", ' +
    'nonce="mfn3pi2a.1.0123456789abcdef0123456789abcdef", uri="sip:voice.example.net", ' +
    'response="8ca523f5e9506fed4657c9700eebdbec8ca523f5e9506fed4657c9700eebdbec", algorithm=SHA-256, ' +
    'cnonce="0a4f113b", qop=auth, nc=00000001',
  'Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, NOTIFY, REFER, UPDATE',
  'Max-Forwards: 70',
  'User-Agent: Example Desk Phone 3.14',
  'Expires: 3600',
  'Content-Length: 0',
  '',
  '',
];

function invite(): readonly string[] {
  const body = SDP.join('\r\n');
  return [
    'INVITE sip:+447700900123@voice.example.net SIP/2.0',
    'Via: SIP/2.0/UDP 192.168.1.20:5060;branch=z9hG4bK776asdhds;rport',
    'Max-Forwards: 70',
    'From: "Reception" <sip:reception@voice.example.net>;tag=1928301774',
    'To: <sip:+447700900123@voice.example.net>',
    'Call-ID: a84b4c76e66710@192.168.1.20',
    'CSeq: 1 INVITE',
    'Contact: <sip:reception@192.168.1.20:5060>',
    'Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE',
    'Supported: timer, replaces',
    'User-Agent: Example Desk Phone 3.14',
    'Content-Type: application/sdp',
    `Content-Length: ${body.length}`,
    '',
    body,
  ];
}

const ANSWER = [
  'SIP/2.0 200 OK',
  'Via: SIP/2.0/UDP 203.0.113.7:5060;branch=z9hG4bKd1a2c3;rport=5060;received=203.0.113.7',
  'Record-Route: <sip:192.0.2.31;lr>, <sip:192.0.2.32;lr;ftag=1928301774>',
  'From: <sip:+442079460000@voice.example.net>;tag=1928301774',
  'To: <sip:+447700900123@carrier-a.example>;tag=a6c85cf',
  'Call-ID: a84b4c76e66710a84b4c76e66710',
  'CSeq: 1 INVITE',
  'Contact: <sip:+447700900123@192.0.2.33:5070>',
  'Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE',
  'Server: Example Gateway',
  'Content-Length: 0',
  '',
  '',
];

export const MESSAGES: Readonly<Record<string, string>> = {
  'REGISTER with digest': REGISTER.join('\r\n'),
  'INVITE with SDP': invite().join('\r\n'),
  '200 through two proxies': ANSWER.join('\r\n'),
};
