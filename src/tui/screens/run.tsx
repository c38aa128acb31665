import { RunFrame, roomOf } from '../components/frame.tsx';
import { headOf } from '../components/head.ts';
import { Lines } from '../components/line.tsx';
import { logOf } from '../components/log.ts';
import { tableOf } from '../components/table.ts';
import { glyphsOf } from '../glyphs.ts';
import type { Shown } from '../store.ts';

/** So many lines are left to the log, where there are more pipelines than lines. */
const leastLog = 2;

/** All pipelines, and what happened last. */
export function RunScreen({ shown }: { readonly shown: Shown }) {
  const { run, look, size } = shown;
  const room = roomOf(shown);
  // The table keeps its height while a run goes on, so that nothing moves.
  const table = Math.min(run.pipelines.size + 1, Math.max(room - leastLog - 1, Math.min(room, 2)));
  const log = room - table - 1;
  const rule = look.colors.dim(glyphsOf(look).rule.repeat(size.columns));
  return (
    <RunFrame shown={shown} head={headOf(shown)}>
      <Lines lines={tableOf(shown, table)} />
      {log > 0 && <Lines lines={[rule, ...logOf(shown, log)]} />}
    </RunFrame>
  );
}
