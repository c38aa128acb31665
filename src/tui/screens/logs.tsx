import { RunFrame, roomOf } from '../components/frame.tsx';
import { headOf } from '../components/head.ts';
import { Lines } from '../components/line.tsx';
import { logOf } from '../components/log.ts';
import type { Shown } from '../store.ts';

/** The log, as much as is kept of it. */
export function LogsScreen({ shown }: { readonly shown: Shown }) {
  return (
    <RunFrame shown={shown} head={headOf(shown)}>
      <Lines lines={logOf(shown, roomOf(shown), shown.view.back)} />
    </RunFrame>
  );
}
