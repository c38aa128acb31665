import { Box } from 'ink';
import { Line } from '../components/line.tsx';
import { fitted } from '../fitted.ts';
import { glyphsOf } from '../glyphs.ts';
import { totalRate } from '../model.ts';
import { count, rough } from '../numbers.ts';
import type { Shown } from '../store.ts';

/** A terminal that is too small for pages has one line. */
export function SmallScreen({ shown }: { readonly shown: Shown }) {
  const { run, view, look, size } = shown;
  const { live, dot } = glyphsOf(look);
  const pipelines = [...run.pipelines.values()];
  const ended = pipelines.filter(({ result }) => result !== undefined).length;
  const rows = pipelines.reduce((sum, { counts }) => sum + counts.read, 0);
  const pace = run.result?.status ?? (run.stopping ? 'stopping' : `${rough(totalRate(run))}/s`);
  const told = `${live} ${ended}/${pipelines.length} ${dot} ${count(rows)} read ${dot} ${pace}`;
  const asks = { stop: 'stop? y n', quit: 'p go on, x stop, esc' };
  const text = view.asking ? asks[view.asking] : told;
  return (
    <Box height={size.rows - 1}>
      <Line>{fitted(text, size.columns, look)}</Line>
    </Box>
  );
}
