// Marking stretches of a text: selected with the mouse or word by word with the arrows; Recogito shows them.

import {
  createTextAnnotator,
  type TextAnnotation,
  type TextAnnotator
} from '@recogito/text-annotator';
import { type IShown } from '../protocol';
import { type IEntry, type Region, RegionTool } from '../regions';
import { type Help } from '../tool';
import { type IStretch, toPoints, toUnits, trimmed, wordsOf } from './offsets';

export class Spans extends RegionTool {
  readonly help: Help = [
    ['← →', 'from word to word; with Shift, over several'],
    ['1 2 3 …', 'mark these words as this class; change a selected stretch'],
    ['drag', 'mark with the class that is pressed'],
    ['[ ]', 'select a stretch'],
    ['Del', 'remove it'],
    ['Enter', 'these stretches, next item']
  ];
  protected text = '';
  private _node: HTMLElement | null = null;
  private _annotator: TextAnnotator | null = null;
  private _words: IStretch[] = [];
  /** The first and the last word that the arrows have selected. */
  private _cursor: [number, number] | null = null;

  protected open(_item: IShown, stage: HTMLElement): void {
    this.clear();
    const node = stage.querySelector<HTMLElement>('.wb-anno-text');
    if (!node) {
      return;
    }
    this._node = node;
    this.text = node.textContent ?? '';
    this._words = wordsOf(this.text);
    this._annotator = createTextAnnotator(node, {
      annotatingEnabled: false, // a selection becomes a stretch here, with its class at once
      renderer: 'SPANS',
      style: annotation => this._style(annotation.id)
    }) as unknown as TextAnnotator;
    node.addEventListener('mouseup', () => this._onMouse());
  }

  protected draw(): void {
    const { _annotator: annotator, _node: node } = this;
    if (annotator && node) {
      annotator.setAnnotations(
        this.entries.map(entry => this._annotation(entry, node)) as TextAnnotation[],
        true
      );
      annotator.setStyle(annotation => this._style(annotation.id));
    }
  }

  protected place(region: Region): string {
    const [start, end] = this._units(region);
    return this.text.slice(start, end);
  }

  override press(event: KeyboardEvent): boolean {
    if (event.ctrlKey || event.metaKey || event.altKey) {
      return false;
    }
    if (event.key === 'ArrowLeft' || event.key === 'ArrowRight') {
      this._walk(event.key === 'ArrowRight' ? 1 : -1, event.shiftKey);
      return true;
    }
    return super.press(event);
  }

  clear(): void {
    this._annotator?.destroy();
    this._annotator = null;
    this._cursor = null;
  }

  /** A class marks the words that are selected; without any it is for the next ones. */
  protected override choose(name: string): void {
    const stretch = this.selected === null ? this._selection() : null;
    if (stretch) {
      this.active = name;
      this._mark(stretch);
    } else {
      super.choose(name);
    }
  }

  private _mark(stretch: IStretch): void {
    const [start, end] = [toPoints(this.text, stretch.start), toPoints(this.text, stretch.end)];
    window.getSelection()?.removeAllRanges();
    this.add({ start, end });
    this.select(null); // the next class key is for the next words
  }

  private _onMouse(): void {
    const stretch = this._selection();
    if (stretch) {
      this._mark(stretch);
      return;
    }
    const place = this._caret();
    const hit = this.entries.filter(({ region }) => {
      const [start, end] = this._units(region);
      return place >= start && place < end;
    });
    // Of stretches within each other, one click after the other selects the next.
    const at = hit.findIndex(entry => entry.id === this.selected);
    this.select(hit[(at + 1) % hit.length]?.id ?? null);
  }

  private _walk(by: number, extends_: boolean): void {
    const last = this._words.length - 1;
    const [first, end] = this._cursor ?? [by > 0 ? -1 : 1, by > 0 ? -1 : 1];
    const next = Math.min(Math.max(end + by, 0), last);
    this._cursor = extends_ && this._cursor ? [first, next] : [next, next];
    const [from, to] = this._cursor[0] < next ? [this._cursor[0], next] : [next, this._cursor[0]];
    const range = this._range(this._words[from]?.start ?? 0, this._words[to]?.end ?? 0);
    if (range) {
      const selection = window.getSelection();
      selection?.removeAllRanges();
      selection?.addRange(range);
      range.startContainer.parentElement?.scrollIntoView({ block: 'nearest' });
    }
    if (this.selected !== null) {
      this.select(null);
    }
  }

  /** Return what is selected in the text, in UTF-16 units; null when nothing is. */
  private _selection(): IStretch | null {
    const selection = window.getSelection();
    const range = selection && selection.rangeCount > 0 ? selection.getRangeAt(0) : null;
    if (!range || range.collapsed || !this._node?.contains(range.commonAncestorContainer)) {
      return null;
    }
    const before = this._place(range.startContainer, range.startOffset);
    return trimmed(this.text, { start: before, end: before + range.toString().length });
  }

  private _caret(): number {
    const selection = window.getSelection();
    const node = selection?.focusNode;
    return node && this._node?.contains(node) ? this._place(node, selection.focusOffset) : -1;
  }

  private _place(node: Node, offset: number): number {
    const range = document.createRange();
    range.setStart(this._node as Node, 0);
    range.setEnd(node, offset);
    return range.toString().length;
  }

  private _range(start: number, end: number): Range | null {
    const text = this._textNode();
    if (!text) {
      return null;
    }
    const range = document.createRange();
    range.setStart(text, start);
    range.setEnd(text, end);
    return range;
  }

  /** The text is one node; the library's own layers stand beside it. */
  private _textNode(): Text | null {
    const nodes = [...(this._node?.childNodes ?? [])];
    return (nodes.find(each => each.nodeType === Node.TEXT_NODE) as Text | undefined) ?? null;
  }

  private _units(region: Region): [number, number] {
    return [toUnits(this.text, Number(region['start'])), toUnits(this.text, Number(region['end']))];
  }

  private _annotation({ id, region }: IEntry, node: HTMLElement): object {
    const [start, end] = this._units(region);
    const range = this._range(start, end) ?? document.createRange();
    const selector = [
      { quote: this.text.slice(start, end), start, end, range, offsetReference: node }
    ];
    return { id, bodies: [], target: { annotation: id, selector } };
  }

  private _style(id: string): {
    fill: `#${string}`;
    fillOpacity: number;
    underlineColor: `#${string}`;
    underlineThickness: number;
  } {
    const color = this.palette.color(this.entryOf(id)?.region.label ?? '') as `#${string}`;
    const isSelected = id === this.selected;
    return {
      fill: color,
      fillOpacity: isSelected ? 0.45 : 0.22,
      underlineColor: color,
      underlineThickness: isSelected ? 3 : 2
    };
  }
}
