/** The address that a Link header gives for the next page: `<https://…>; rel="next"`; undefined where it gives none. */
export function nextLink(header: string | undefined): string | undefined {
  for (const [, target = '', params = ''] of (header ?? '').matchAll(link)) {
    const [, quoted, bare] = relation.exec(params) ?? [];
    const relations = (quoted ?? bare ?? '').toLowerCase().split(/\s+/);
    if (relations.includes('next')) return target.trim();
  }
  return undefined;
}

const link = /<([^>]*)>((?:\s*;\s*[^;,="\s]+(?:\s*=\s*(?:"[^"]*"|[^;,"\s]*))?)*)/g;
const relation = /;\s*rel\s*=\s*(?:"([^"]*)"|([^;,"\s]+))/i;
