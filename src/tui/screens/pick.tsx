import { Frame, roomOf } from '../components/frame.tsx';
import { Lines } from '../components/line.tsx';
import { windowOf } from '../components/table.ts';
import { fitted, widthOf } from '../fitted.ts';
import { glyphsOf } from '../glyphs.ts';
import type { Shown } from '../store.ts';
import { shownChoices } from '../view.ts';

/** The pipelines there are, to pick those that are to run. */
export function PickScreen({ shown }: { readonly shown: Shown }) {
  const { view, look, size } = shown;
  const { colors } = look;
  const { marked, picked, unpicked, arrow } = glyphsOf(look);
  const names = Math.min(Math.max(...view.choices.map(({ name }) => widthOf(name))), 24);
  const choices = shownChoices(view);
  const lines = windowOf(choices, view.marked, roomOf(shown)).map(({ item, place }) => {
    const isPicked = view.picked.has(item.name);
    const off = item.enabled ? '' : '   (disabled)';
    const way = `${item.from} ${arrow} ${item.to}${off}`;
    const box = isPicked ? colors.green(picked) : colors.dim(unpicked);
    const mark = place === view.marked ? colors.bold(marked) : ' ';
    return `${mark}${box} ${fitted(item.name, names, look)}  ${colors.dim(fitted(way, size.columns - names - 6, look))}`;
  });
  const filter = view.filter === '' ? '' : `, ${choices.length} with "${view.filter}"`;
  const head = ` Pick what is to run   ${view.choices.length} pipelines${filter}, ${view.picked.size} picked`;
  return (
    <Frame shown={shown} head={fitted(head, size.columns, look)}>
      <Lines lines={lines.length > 0 ? lines : [' No pipeline has that text.']} />
    </Frame>
  );
}
