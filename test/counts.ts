import fc from 'fast-check';

/** `npm run soak` tries everything far more often than `npm test`; all counts that differ are here. */
export const soak = process.env.SYNCLINE_SOAK === '1';

/** How many cases a property is tried with. */
export const cases = soak ? 4000 : 100;
/** The same for properties that open databases or start processes. */
export const slowCases = soak ? 300 : 4;

/** How many histories of runs are planned, run and undone. */
export const scenarios = soak ? 200 : 4;
/** The same against a server. */
export const serverScenarios = soak ? 100 : 2;

/** How often a process is killed, and how many rows it loads meanwhile. */
export const kills = soak ? 200 : 5;
export const killedRows = soak ? 20_000 : 3_000;

/** How often a daemon is stopped while it works. */
export const stops = soak ? 50 : 3;

/** How often a run is told to stop while it works. */
export const stoppedRuns = soak ? 50 : 3;

/** For how many seconds two daemons are killed and started again. */
export const daemonSeconds = soak ? 180 : 0;

/** How many short runs one daemon does. */
export const shortRuns = soak ? 2_000 : 0;

/** For how many seconds a run at full speed is watched on a screen. */
export const watchedSeconds = soak ? 600 : 0;

/** How often a process is killed that writes to a server. */
export const serverKills = soak ? 40 : 3;

/** How often a process is killed that writes in every mode at once. */
export const modeKills = soak ? 40 : 2;

/** How many processes start at once. */
export const processes = soak ? 16 : 5;

export const seed = Number(process.env.SYNCLINE_SEED);
fc.configureGlobal({ numRuns: cases, seed });

/** All of these in a soak, else the one of them that the seed chooses: each is as likely to show what is wrong. */
export function tried<One>(all: readonly One[]): readonly One[] {
  return soak ? all : all.filter((_, index) => index === seed % all.length);
}
