/** One message of a stream of Server-Sent Events. */
export interface Message {
  /** Its place in the stream, where it has one. */
  readonly id?: number;
  readonly data: string;
}

/** The messages in a text that comes in pieces. One that is not finished when the text ends is left out. */
export async function* messagesIn(pieces: AsyncIterable<string>): AsyncGenerator<Message> {
  let rest = '';
  for await (const piece of pieces) {
    const blocks = `${rest}${piece}`.replaceAll('\r\n', '\n').split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const message = messageOf(block);
      if (message !== undefined) yield message;
    }
  }
}

/** Undefined for one without data, such as a comment that keeps the connection awake. */
function messageOf(block: string): Message | undefined {
  const values = (name: string) =>
    block
      .split('\n')
      .filter((line) => line.startsWith(`${name}:`))
      .map((line) => line.slice(name.length + 1).replace(/^ /, ''));
  const data = values('data');
  const [id] = values('id');
  if (data.length === 0) return undefined;
  return { data: data.join('\n'), ...(id !== undefined && /^\d+$/.test(id) && { id: Number(id) }) };
}
