// Text on a terminal: nothing in it may move the cursor, hide or reorder what the user is to see.

// Controls but for the line feed; and what changes the direction of writing, or has no width, or separates lines in its own way.
const UNSEEN = /(?!\n)[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;

/** The text with every character that cannot be shown as U+FFFD; line ends become line feeds, tabs become blanks. */
export function shown(text: string): string {
  return text.replace(/\r\n?/g, '\n').replaceAll('\t', '    ').replace(UNSEEN, '\ufffd');
}

/** The same on one line. */
export const shownInLine = (text: string): string => shown(text).replaceAll('\n', ', ');

function widthOf(character: string): number {
  if (/\p{M}/u.test(character)) return 0;
  return WIDE.test(character) ? 2 : 1;
}

const columnsOf = (text: string): number => [...text].reduce((sum, character) => sum + widthOf(character), 0);

/** Lines of at most so many columns, broken at blanks where there are some. `indent` stands before every line but the first. */
export function wrapped(text: string, columns: number, indent = ''): string[] {
  return text.split('\n').flatMap((line) => wrappedLine(line, columns, indent));
}

function wrappedLine(line: string, columns: number, indent: string): string[] {
  const lines: string[] = [];
  let current = '';
  let empty = true;
  const flush = (): void => {
    lines.push(current.trimEnd());
    current = indent;
    empty = true;
  };
  for (const word of line.split(/(?<= )/)) {
    if (!empty && columnsOf(current + word.trimEnd()) > columns) flush();
    for (const character of word) {
      if (!empty && columnsOf(current + character) > columns && character !== ' ') flush();
      current += character;
      empty = false;
    }
  }
  lines.push(current.trimEnd());
  return lines;
}
