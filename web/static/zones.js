/* 六和 · draw zones over a picture, by pointer, finger or keyboard. Coordinates are 0 to 1 from the
   upper left. Each zone's form holds its polygon as JSON in a textarea, which stays the truth. */
"use strict";
for (const editor of document.querySelectorAll("[data-zones]")) {
  const stage = editor.querySelector("[data-stage]"), drawing = editor.querySelector("[data-drawing]");
  drawing.replaceChildren(); // what the server drew for those without script
  const status = editor.querySelector("[data-zone-say]"), tools = editor.querySelector("[role=toolbar]");
  const zones = [...editor.querySelectorAll("[data-zone]")].map((form) => ({
    form, text: form.querySelector("[name=polygon]"), button: form.querySelector("[data-edit]"),
    shape: drawing.appendChild(document.createElementNS("http://www.w3.org/2000/svg", "polygon")),
    points: [], saved: "", past: [],
  }));
  let zone = null, moved = false;

  const tell = (text) => { status.textContent = text; };
  const inside = (n) => Math.min(1, Math.max(0, Math.round(n * 1000) / 1000));
  const percent = (n) => `${Math.round(n * 100)}%`;
  const name = ([x, y], at) => `第 ${at + 1} 点 x ${percent(x)} y ${percent(y)}`;
  const read = (text) => {
    try {
      const given = JSON.parse(text);
      return given.every((p) => p.length === 2 && p.every((n) => n >= 0 && n <= 1)) ? given : null;
    } catch { return null; }
  };
  const keep = () => { zone.past.push(JSON.stringify(zone.points)); if (zone.past.length > 100) zone.past.shift(); };
  const write = () => { zone.text.value = JSON.stringify(zone.points); };

  const paint = () => zones.forEach((one) => {
    one.shape.setAttribute("points", one.points.map((p) => p.join(",")).join(" "));
    one.shape.classList.toggle("on", one === zone);
  });
  const place = (dot, point, at) => {
    dot.style.left = `${point[0] * 100}%`;
    dot.style.top = `${point[1] * 100}%`;
    dot.setAttribute("aria-label", name(point, at));
  };
  /* Buttons are made anew only when their number changes, so that focus and drags survive. */
  const dots = (focus = -1) => {
    let made = [...stage.querySelectorAll(".point")];
    const points = zone ? zone.points : [];
    while (made.length > points.length) made.pop().remove();
    while (made.length < points.length) { const dot = document.createElement("button"); dot.type = "button"; dot.className = "point"; stage.append(dot); made.push(dot); }
    made.forEach((dot, at) => place(dot, points[at], at));
    made[focus]?.focus({ preventScroll: true });
  };
  const redraw = (focus) => { if (zone) write(); paint(); dots(focus); };

  const edit = (one) => {
    zone = one;
    for (const other of zones) {
      other.form.classList.toggle("on", other === zone);
      other.button.setAttribute("aria-pressed", other === zone);
    }
    stage.classList.toggle("editing", Boolean(zone));
    tools.hidden = !zone;
    paint(); dots();
  };
  /* A new point goes into the nearest side, or at the end while there is no shape yet. */
  const gap = (x, y) => {
    const { points } = zone;
    if (points.length < 3) return points.length;
    let best = points.length, least = Infinity;
    points.forEach(([ax, ay], at) => {
      const [bx, by] = points[(at + 1) % points.length];
      const dx = bx - ax, dy = by - ay, t = Math.max(0, Math.min(1, ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy || 1)));
      const far = Math.hypot(x - ax - t * dx, y - ay - t * dy);
      if (far < least) { least = far; best = at + 1; }
    });
    return best;
  };
  const add = (at, point) => { keep(); zone.points.splice(at, 0, point.map(inside)); redraw(at); tell(`加了${name(zone.points[at], at)}，共 ${zone.points.length} 点`); };
  const remove = (at) => {
    keep(); zone.points.splice(at, 1);
    redraw(Math.min(at, zone.points.length - 1));
    tell(`删了第 ${at + 1} 点，还有 ${zone.points.length} 点`);
    if (!zone.points.length) tools.querySelector("button").focus();
  };
  const where = (event) => { const box = stage.getBoundingClientRect(); return [inside((event.clientX - box.left) / box.width), inside((event.clientY - box.top) / box.height)]; };
  const index = (dot) => [...stage.querySelectorAll(".point")].indexOf(dot);

  stage.addEventListener("pointerdown", (event) => {
    const dot = event.target.closest(".point");
    moved = false;
    if (!dot || event.button) return;
    dot.setPointerCapture(event.pointerId);
    dot.focus({ preventScroll: true });
    const start = JSON.stringify(zone.points), from = [event.clientX, event.clientY];
    const drag = (move) => {
      if (!moved && Math.hypot(move.clientX - from[0], move.clientY - from[1]) < 4) return;
      if (!moved) zone.past.push(start);
      moved = true;
      zone.points[index(dot)] = where(move);
      place(dot, where(move), index(dot));
      write(); paint();
    };
    dot.addEventListener("pointermove", drag);
    for (const end of ["pointerup", "pointercancel"]) dot.addEventListener(end, () => {
      dot.removeEventListener("pointermove", drag);
      if (moved) tell(`移到${name(zone.points[index(dot)], index(dot))}`);
    }, { once: true });
  });
  stage.addEventListener("click", (event) => {
    if (!zone || event.target.closest(".point") || moved) return;
    const point = where(event);
    add(gap(...point), point);
  });
  stage.addEventListener("keydown", (event) => {
    const dot = event.target.closest(".point");
    if (!dot || event.ctrlKey || event.metaKey || event.altKey) return;
    const at = index(dot), { points } = zone, far = event.shiftKey ? 0.05 : 0.01;
    const by = { ArrowLeft: [-far, 0], ArrowRight: [far, 0], ArrowUp: [0, -far], ArrowDown: [0, far] }[event.key];
    if (by) {
      if (!event.repeat) keep();
      points[at] = [inside(points[at][0] + by[0]), inside(points[at][1] + by[1])];
      redraw(at); tell(name(points[at], at));
    } else if (event.key === "Enter") {
      const [bx, by2] = points.length > 1 ? points[(at + 1) % points.length] : [points[at][0] + 0.2, points[at][1]];
      add(at + 1, [(points[at][0] + bx) / 2, (points[at][1] + by2) / 2]);
    } else if (event.key === "Delete" || event.key === "Backspace") remove(at);
    else if (event.key === "Escape") { keep(); zone.points = read(zone.saved) ?? []; redraw(Math.min(at, zone.points.length - 1)); tell("恢复成保存时的样子"); }
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  tools.addEventListener("click", (event) => {
    const tool = event.target.closest("[data-tool]")?.dataset.tool;
    if (!zone || !tool) return;
    if (tool === "undo") { const last = zone.past.pop(); if (last) { zone.points = JSON.parse(last); redraw(); tell("退了一步"); } else tell("没有可退的了"); return; }
    keep();
    zone.points = tool === "shape" ? [[0.3, 0.3], [0.7, 0.3], [0.7, 0.7], [0.3, 0.7]] : [];
    redraw(tool === "shape" ? 0 : -1);
    tell(tool === "shape" ? "放了一个方框，四个点" : "清空了");
  });

  for (const one of zones) {
    one.saved = one.text.value.trim() || "[]";
    one.points = read(one.saved) ?? [];
    const details = one.form.querySelector("[data-coords]");
    details.open = Boolean(details.querySelector("[aria-invalid=true]"));
    one.button.addEventListener("click", () => edit(zone === one ? null : one));
    one.form.addEventListener("focusin", (event) => { if (zone !== one && event.target !== one.button) edit(one); });
    one.text.addEventListener("input", () => {
      const given = read(one.text.value);
      one.text.setCustomValidity(given ? "" : "每个点写成 [横, 竖]，数在 0 到 1 之间，如 [[0.1, 0.2], [0.5, 0.2], [0.5, 0.9]]");
      if (given) { one.points = given; paint(); if (zone === one) dots(); }
    });
    one.form.querySelector("form").addEventListener("submit", (event) => {
      if (event.submitter?.formNoValidate || one.points.length >= 3) return;
      event.preventDefault();
      details.open = true;
      tell("至少要三个点");
      one.text.setCustomValidity("至少要三个点");
      one.text.reportValidity();
      one.text.setCustomValidity("");
    });
  }
  paint();
}
