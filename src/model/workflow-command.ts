/**
 * A line that GitHub Actions acts upon, where a step prints it. What is in it ends neither the line nor the property it
 * stands in.
 */
export function workflowCommand(
  name: string,
  properties: { readonly [name: string]: string | number | undefined },
  text: string,
): string {
  const given = Object.entries(properties).filter(([, value]) => value !== undefined);
  const listed = given.map(([key, value]) => `${key}=${escapeProperty(String(value))}`).join(',');
  return `::${name}${listed === '' ? '' : ` ${listed}`}::${escapeData(text)}`;
}

function escapeData(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
