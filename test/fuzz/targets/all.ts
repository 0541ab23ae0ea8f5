// Every target, by its name.

import type { Target } from '../target.ts';
import { digestTarget } from './digest.ts';
import { configTarget, provisioningTarget } from './documents.ts';
import { certificateTarget, dnsTarget, stunTarget, traceTarget } from './edges.ts';
import { framerTarget } from './framer.ts';
import { httpTarget } from './http.ts';
import { nodeTarget } from './node.ts';
import { parserTarget } from './parser.ts';
import { resultsTarget } from './results.ts';
import { rtpTarget } from './rtp.ts';
import { sdpTarget } from './sdp.ts';
import { seriesReportTarget } from './series-report.ts';
import { transactionsTarget } from './transactions.ts';

export const TARGETS: readonly Target[] = [
  nodeTarget,
  parserTarget,
  framerTarget,
  transactionsTarget,
  digestTarget,
  sdpTarget,
  rtpTarget,
  dnsTarget,
  stunTarget,
  certificateTarget,
  traceTarget,
  configTarget,
  provisioningTarget,
  httpTarget,
  resultsTarget,
  seriesReportTarget,
];
