// Boxes and polygons, drawn and dragged with Annotorious; the keyboard makes, moves and resizes them too.

import {
  createImageAnnotator,
  type ImageAnnotation,
  type ImageAnnotator,
  type PolygonGeometry,
  type RectangleGeometry,
  ShapeType
} from '@annotorious/annotorious';
import style from '@annotorious/annotorious/annotorious.css';
import { type IShown, type Label } from '../protocol';
import { type IEntry, type Region, RegionTool } from '../regions';
import { type Help, type IHost } from '../tool';
import { painted } from './masks';
import { boundsOf, boxOf, nudged, pointsOf, regionOfBox, regionOfPoints } from './geometry';

const ARROWS: Record<string, [number, number]> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1]
};

export class Shapes extends RegionTool {
  readonly help: Help;
  private _isBoxes: boolean;
  private _annotator: ImageAnnotator | null = null;
  private _image: HTMLImageElement | null = null;
  private _masks: HTMLCanvasElement | null = null;
  /** Where the library had each region when it was last given them, to tell what a person has done since. */
  private _given = new Map<string, string>();
  private _isHeld = false;

  constructor(host: IHost) {
    super(host, host.setup.classes);
    this._isBoxes = host.setup.tool === 'boxes';
    this.panel.append(styled(style));
    this.help = [
      ['1 2 3 …', 'class of the next region, and of the selected one'],
      this._isBoxes ? ['drag', 'a box'] : ['click', 'corners; a double click closes'],
      ['N', 'a new one in the middle, without a mouse'],
      ['← ↑ → ↓', 'move it; with Shift, resize it; with Alt, by a pixel'],
      ['[ ]', 'select another'],
      ['Del', 'remove it'],
      ['Enter', 'these regions, next item']
    ];
  }

  protected open(item: IShown, stage: HTMLElement): void {
    this.dispose();
    this._image = stage.querySelector('img');
    const image = this._image;
    if (!image) {
      return;
    }
    const begin = (): void => {
      if (this.item === item) {
        this._begin(image);
        this.draw();
      }
    };
    if (image.complete && image.naturalWidth > 0) {
      begin();
    } else {
      image.addEventListener('load', begin, { once: true });
    }
  }

  protected draw(): void {
    const annotator = this._annotator;
    if (!annotator) {
      return;
    }
    annotator.setAnnotations(
      this.entries.filter(isShape).map(entry => this._annotation(entry)),
      true
    );
    const chosen = this.entryOf(this.selected);
    annotator.setSelected(chosen && isShape(chosen) ? chosen.id : undefined, true);
    this._masks?.remove();
    this._masks = painted(this.entries, entry => this.palette.color(entry.region.label));
    if (this._masks) {
      annotator.element.append(this._masks);
    }
    this._given = new Map(annotator.getAnnotations().map(made => [made.id, placeOf(made)]));
  }

  override label(): Label | null {
    this._follow();
    return super.label();
  }

  override undo(): boolean {
    this._follow();
    return super.undo();
  }

  protected place(region: Region): string {
    const box = region['box'] as number[] | undefined;
    const points = region['polygon'] as unknown[] | undefined;
    if ('mask' in region) {
      return 'painted';
    }
    return box
      ? `${Math.round(box[2] ?? 0)}×${Math.round(box[3] ?? 0)}`
      : `${points?.length ?? 0} corners`;
  }

  override press(event: KeyboardEvent): boolean {
    this._follow();
    if (event.ctrlKey || event.metaKey) {
      return false;
    }
    if (event.key === 'n') {
      return this._make();
    }
    const arrow = ARROWS[event.key];
    const entry = this.entryOf(this.selected);
    if (arrow && entry && isShape(entry)) {
      const step = event.altKey ? 1 : Math.max(1, Math.round((this.item?.width ?? 100) / 100));
      this.move(entry.id, nudged(entry.region, arrow[0] * step, arrow[1] * step, event.shiftKey));
      return true;
    }
    if (event.key === 'Escape') {
      this._annotator?.cancelDrawing();
    }
    return super.press(event);
  }

  dispose(): void {
    this._annotator?.destroy();
    this._annotator = null;
  }

  private get _scale(): number {
    const shown = this._image?.naturalWidth ?? 1;
    return (this.item?.width ?? shown) / shown;
  }

  private _begin(image: HTMLImageElement): void {
    const annotator = createImageAnnotator(image, {
      autoSave: true,
      drawingEnabled: true,
      drawingMode: this._isBoxes ? 'drag' : 'click',
      theme: 'light'
    });
    annotator.setDrawingTool(this._isBoxes ? 'rectangle' : 'polygon');
    annotator.setStyle((annotation, state) => {
      const color = this.palette.color(
        this.entryOf(annotation.id)?.region.label ?? this.active
      ) as `#${string}`;
      return {
        fill: color,
        fillOpacity: state?.selected ? 0.3 : 0.15,
        stroke: color,
        strokeWidth: state?.selected ? 3 : 2
      };
    });
    const follow = (): void => this._follow();
    annotator.on('createAnnotation', follow);
    annotator.on('updateAnnotation', follow);
    annotator.on('deleteAnnotation', follow);
    annotator.on('selectionChanged', follow);
    annotator.element.addEventListener('pointerdown', () => {
      this._isHeld = true;
      // The library stops the event when a box is done, so it is heard on its way down.
      const release = (): void => {
        this._isHeld = false;
        setTimeout(follow);
      };
      window.addEventListener('pointerup', release, { once: true, capture: true });
    });
    this._annotator = annotator;
  }

  /**
   * Take over what a person did in the library since it was last given the regions. Its events come by timers, a moved
   * corner's up to a second late and those of our own drawing too, so they only say when to look; keys and answers look.
   */
  private _follow(): void {
    const annotator = this._annotator;
    if (!annotator || this._isHeld) {
      return;
    }
    const shown = annotator.getAnnotations();
    const kept = new Set(shown.map(made => made.id));
    const gone = this.entries.filter(entry => isShape(entry) && !kept.has(entry.id));
    const changed = shown.filter(made => this._given.get(made.id) !== placeOf(made));
    const chosen = annotator.getSelected()[0]?.id ?? null;
    gone.forEach(entry => this.remove(entry.id));
    changed.forEach(made =>
      this.entryOf(made.id)
        ? this.move(made.id, this._placeOf(made))
        : this.add(this._placeOf(made), made.id)
    );
    if (chosen !== this.selected) {
      this.select(chosen);
    }
  }

  /** Put a region into the middle of the picture. */
  private _make(): boolean {
    const { width, height } = this.item ?? {};
    if (!this._annotator || !width || !height) {
      return false;
    }
    const [x, y, w, h] = [width * 0.4, height * 0.4, width * 0.2, height * 0.2];
    const corners = [
      [x, y],
      [x + w, y],
      [x + w, y + h],
      [x, y + h]
    ];
    this.add(this._isBoxes ? regionOfBox({ x, y, w, h }, 1) : regionOfPoints(corners, 1));
    return true;
  }

  private _placeOf({ target: { selector } }: ImageAnnotation): Record<string, unknown> {
    return selector.type === ShapeType.RECTANGLE
      ? regionOfBox(selector.geometry as RectangleGeometry, this._scale)
      : regionOfPoints((selector.geometry as PolygonGeometry).points, this._scale);
  }

  private _annotation({ id, region }: IEntry): ImageAnnotation {
    const target = (
      type: ShapeType,
      geometry: RectangleGeometry | PolygonGeometry
    ): ImageAnnotation => ({
      id,
      bodies: [],
      target: { annotation: id, selector: { type, geometry } }
    });
    if ('box' in region) {
      const box = boxOf(region, this._scale);
      const corners = [
        [box.x, box.y],
        [box.x + box.w, box.y + box.h]
      ];
      return target(ShapeType.RECTANGLE, { ...box, bounds: boundsOf(corners) });
    }
    const points = pointsOf(region, this._scale);
    return target(ShapeType.POLYGON, { points, bounds: boundsOf(points) });
  }
}

function placeOf({ target: { selector } }: ImageAnnotation): string {
  return JSON.stringify(selector.geometry);
}

function isShape({ region }: IEntry): boolean {
  return 'box' in region || 'polygon' in region;
}

function styled(text: string): HTMLStyleElement {
  const element = document.createElement('style');
  element.textContent = text;
  return element;
}
