// The called side of the calls bench: phones that register and answer at once, and send all audio back to where
// it came from (sipp -rtp_echo). Each has a number of its own. The same office stands behind every platform.

import { Sipp } from '../test/interop/peers/sipp.ts';
import type { Rig } from '../test/interop/rig.ts';
import { freePorts } from '../test/interop/rig.ts';

export const PHONES: readonly { readonly user: string; readonly number: string }[] = [1, 2, 3, 4].map(
  (index) => ({ user: `phone-${index}`, number: `+44207946000${index}` }),
);
export const PASSWORD = 'over-the-hills';

/** Registers every phone with the platform on `sipPort`, over UDP, and leaves it answering for so long. */
export async function openOffice(rig: Rig, sipPort: number, withinSeconds: number): Promise<void> {
  for (const { user } of PHONES) {
    const port = await freePorts(6);
    const registration = await Sipp.start(rig, {
      scenario: 'register',
      port,
      target: { port: sipPort },
      credentials: { user, password: PASSWORD },
      keys: { user },
    });
    await registration.succeeded();
    await Sipp.start(rig, { scenario: 'answerer', port, rtpEcho: true, withinSeconds });
  }
}
