import { RunFrame, roomOf } from '../components/frame.tsx';
import { cutLines, keyLines } from '../components/key-lines.ts';
import { Lines } from '../components/line.tsx';
import { fitted } from '../fitted.ts';
import { glyphsOf } from '../glyphs.ts';
import { offersOf } from '../offers.ts';
import type { Shown } from '../store.ts';

/** What the keys of a run's page do, and the command that does the same. */
export function HelpScreen({ shown }: { readonly shown: Shown }) {
  const { view, run, look, size, command, inside } = shown;
  const keys = offersOf({ ...view, help: false }, run, glyphsOf(look), inside?.keys);
  const later = `syncline show ${run.id}`;
  const isTold = run.id === undefined || command === later;
  const lines = [
    ...keyLines(keys, command, size, look),
    ...(isTold ? [] : ['', ' Later, what this run did:', `   ${later}`]),
  ];
  return (
    <RunFrame shown={shown} head={fitted(' Help', size.columns, look)}>
      <Lines lines={cutLines(lines, roomOf(shown), look)} />
    </RunFrame>
  );
}
