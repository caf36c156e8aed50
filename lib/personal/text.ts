// Text on a terminal: nothing in it may move the cursor, hide or reorder what the user is to see.

// Controls but for the line feed; what changes the direction of writing, has no width or separates lines in its own way; what has no meaning in Unicode. The
// selectors of a picture's style have one only behind a picture.
const UNSEEN =
  /(?!\n)(?!(?<=\p{Extended_Pictographic})[\ufe0e\ufe0f])[\p{Cc}\p{Cf}\p{Cs}\p{Cn}\p{Co}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]/gu;
/** No script puts more on one letter. */
const PILED_UP = /(?<=\p{M}{8})\p{M}/gu;
/** Unicode, EastAsianWidth.txt, W and F, in ranges that are a little larger. */
const WIDE =
  /[\p{Emoji_Presentation}\ufe0f\u1100-\u115f\u2329\u232a\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{16fe0}-\u{1b2ff}\u{1d300}-\u{1d376}\u{1f200}-\u{1faff}\u{20000}-\u{3fffd}]/u;
const MARK = /\p{M}/u;
const FIRST_MARK = 0x300;

/** The text with every character that cannot be shown as U+FFFD; line ends become line feeds, tabs become blanks. */
export function shown(text: string): string {
  return text.replace(/\r\n?/g, '\n').replaceAll('\t', '    ').replace(PILED_UP, '\ufffd').replace(UNSEEN, '\ufffd');
}

/** The same on one line. */
export const shownInLine = (text: string): string => shown(text).replaceAll('\n', ', ');

function widthOf(character: string): number {
  if (character.codePointAt(0)! < FIRST_MARK) return 1;
  if (WIDE.test(character)) return 2;
  return MARK.test(character) ? 0 : 1;
}

/** Lines of at most so many columns, broken at blanks where there are some. `indent` stands before every line but the first. */
export function wrapped(text: string, columns: number, indent = ''): string[] {
  return text.split('\n').flatMap((line) => new Wrapping(columns, indent).lines(line));
}

/** One line on its way: each character is looked at once, for a text may have ten million of them. */
class Wrapping {
  readonly #columns: number;
  readonly #indent: string;
  readonly #lines: string[] = [];
  #current = '';
  #width = 0;
  /** Where the line can be broken: behind its last blank. */
  #breakAt = 0;
  #widthAtBreak = 0;

  constructor(columns: number, indent: string) {
    this.#columns = columns;
    this.#indent = indent;
  }

  lines(line: string): string[] {
    for (const character of line) this.#add(character, widthOf(character));
    this.#lines.push(this.#current.trimEnd());
    return this.#lines;
  }

  #add(character: string, width: number): void {
    if (this.#width + width > this.#columns) {
      // A blank at the end of a line is not seen there, nor at the beginning of the next.
      if (character === ' ') return this.#markBreak();
      this.#breakLine();
    }
    this.#current += character;
    this.#width += width;
    if (character === ' ') this.#markBreak();
  }

  #markBreak(): void {
    this.#breakAt = this.#current.length;
    this.#widthAtBreak = this.#width;
  }

  #breakLine(): void {
    if (this.#breakAt === 0) {
      this.#breakAt = this.#current.length;
      this.#widthAtBreak = this.#width;
    }
    this.#lines.push(this.#current.slice(0, this.#breakAt).trimEnd());
    this.#current = this.#indent + this.#current.slice(this.#breakAt);
    this.#width += this.#indent.length - this.#widthAtBreak;
    this.#breakAt = 0;
  }
}
