// Who comes first on two cores that everything shares. Bots and phones are other machines than the platform, so neither
// may slow down because the platform is busy: the bots have one core before anybody else, and the phones whichever they
// want, for the little time that they need. The platform, whichever it is, comes before whatever else runs here.

/** As of nice(1). */
export const PRIORITIES = { bots: -18, phones: -15, platform: -8 } as const;

/** The core of the bots, and of what the kernel does with their packets on their way in. */
export const BOTS_CORE = 0;
