// The sentences of the page that settles what the Trust1Connector container does, by section and number, each with the beginning of its hash: so the
// page can be told from another one. A test begins with the name of its section and the numbers of its sentences: 'Signing 3: …'.

import { createHash } from 'node:crypto';

/** Where the page is, when it is there. */
export const PAGE = '../shared/seeds/t1c.md';

const RULER = /^\|[-|]+$/;

/** The sentences of each section, in order: those of paragraphs and lists, and the rows of tables. */
export function sentencesOf(page: string): Record<string, string[]> {
  const sections: Record<string, string[]> = {};
  for (const section of page.split(/^## /m).slice(1)) {
    const [heading = '', ...lines] = section.trim().split('\n');
    const pieces: string[] = [];
    let goesOn = false;
    for (const [index, line] of lines.entries()) {
      const row = line.startsWith('|');
      if (goesOn && !row && line !== '' && !line.startsWith('- ')) pieces.push(`${pieces.pop()} ${line.trim()}`);
      else if (line !== '' && !RULER.test(line) && !RULER.test(lines[index + 1] ?? '')) pieces.push(line.replace(/^- /, ''));
      goesOn = !row && line !== '';
    }
    sections[heading.split(' ')[0]!] = pieces.flatMap((piece) => (piece.startsWith('|') ? [piece] : piece.split(/(?<=\.) (?=[A-Z`])/)));
  }
  return sections;
}

export const fingerprint = (sentence: string): string => createHash('sha256').update(sentence.trim()).digest('hex').slice(0, 8);

export const SENTENCES: Readonly<Record<string, readonly string[]>> = {
  Shape: ['550286a7', '3a1ec8d0', '2a0bb0fd', '9d0d3b21', '6b66c2f0', '7964fb09', '8fe8f105', '4e097401'],
  Callback: ['0d0a7c2e', '659edcb8', '08cfca9e', '02330bdd', '8db6abbb', 'e9b43841', 'b5390997'],
  Methods: [
    'd33aea9b',
    'd8d17e17',
    '96976625',
    'fa0a9ead',
    '45277920',
    '76b3bffc',
    'b795e7c8',
    '0c1a381f',
    '0e78ef25',
    'f413deca',
    'b63a676a',
    '1b6862be',
    '828128aa',
    '7c56919c',
    '39bd5cd7',
    'ebe1d8fc',
    'c23a8f3d',
    '12ea0995',
    '6fbbaaf5',
    '837efd0a',
    'e2db8882',
  ],
  Signing: ['2b65e078', 'd299250c', '6fcd8c27', 'd91c2f32', '2d7faace', '21f53563', '26ee7858', 'cb94cd2b', '8d1b437f', '9bcedce9', 'ae74866c'],
  Errors: [
    '57929b6b',
    'aa65031c',
    '1413a52d',
    '0d8e44ca',
    '34574608',
    '0415b553',
    'be10d2d5',
    '11fabfda',
    '0b91c80c',
    'c242aa1d',
    '69b7a2ca',
    '7a054d6b',
    '61f37ef3',
    '9f45543c',
    '73bdaa3d',
  ],
};
