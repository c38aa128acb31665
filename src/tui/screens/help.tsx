import { Frame, roomOf } from '../components/frame.tsx';
import { Lines } from '../components/line.tsx';
import { fitted, wrapped } from '../fitted.ts';
import { glyphsOf } from '../glyphs.ts';
import { offersOf } from '../offers.ts';
import type { Shown } from '../store.ts';

/** What the keys of the page below do, and the command that does the same. */
export function HelpScreen({ shown }: { readonly shown: Shown }) {
  const { view, run, look, size, command } = shown;
  const { colors } = look;
  const keys = offersOf({ ...view, help: false }, run, glyphsOf(look)).flatMap(({ key, does }) =>
    wrapped(does, size.columns - 10).map(
      (line, index) => ` ${colors.bold((index === 0 ? key : '').padEnd(7))} ${line}`,
    ),
  );
  const same = [
    '',
    ' The same without a screen:',
    ...wrapped(command, size.columns - 4).map((line) => `   ${line}`),
    ...(run.id === undefined ? [] : [' Later, what this run did:', `   syncline show ${run.id}`]),
  ];
  return (
    <Frame shown={shown} head={fitted(' Help', size.columns, look)}>
      <Lines lines={[...keys, ...same].slice(0, roomOf(shown))} />
    </Frame>
  );
}
