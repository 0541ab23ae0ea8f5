// Every target, by its name.

import type { Target } from '../target.ts';
import { digestTarget } from './digest.ts';
import { framerTarget } from './framer.ts';
import { parserTarget } from './parser.ts';
import { rtpTarget } from './rtp.ts';
import { sdpTarget } from './sdp.ts';

export const TARGETS: readonly Target[] = [parserTarget, framerTarget, digestTarget, sdpTarget, rtpTarget];
