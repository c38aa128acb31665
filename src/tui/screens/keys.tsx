import { Frame, innerRoom } from '../components/frame.tsx';
import { cutLines, keyLines } from '../components/key-lines.ts';
import { Lines } from '../components/line.tsx';
import { fitted } from '../fitted.ts';
import { helpOffers } from '../page-offers.ts';
import type { Browsed } from '../store.ts';

/** What the keys of a page of rows do, and the command that does the same. */
export function KeysScreen({ shown }: { readonly shown: Browsed }) {
  const { browser, look, command } = shown;
  const { size } = browser;
  const lines = cutLines(keyLines(helpOffers(shown), command, size, look), innerRoom(size), look);
  const foot = ` ${look.colors.bold('esc')} ${look.colors.dim('back')}`;
  return (
    <Frame size={size} look={look} head={fitted(' Help', size.columns, look)} notes={[]} foot={foot}>
      <Lines lines={lines} />
    </Frame>
  );
}
