import { Text } from 'ink';

/** One line, already as long as it is to be. */
export function Line({ children = '' }: { readonly children?: string }) {
  // Every character costs time to draw.
  return <Text wrap="truncate-end">{children.trimEnd() || ' '}</Text>;
}

/** Lines, one below the other. */
export function Lines({ lines }: { readonly lines: readonly string[] }) {
  // A line has no identity but its place.
  return lines.map((line, place) => <Line key={String(place)}>{line}</Line>);
}
