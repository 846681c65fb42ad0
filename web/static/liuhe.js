/* 六和 · what pages do in the browser beyond htmx. Every part works on attributes, so that it also
   serves what htmx swaps in later; without script all forms and links still work. */
"use strict";
{
  const root = document.documentElement;
  root.classList.add("js");
  const on = (name, act, capture = false) => document.addEventListener(name, act, capture);
  const all = (query, from = document) => [...from.querySelectorAll(query)];
  const byId = (id) => document.getElementById(id);

  /* Short words for everyone, read out by screen readers: HX-Trigger: {"say": "已保存"} */
  let hush = 0;
  const say = (text) => {
    const box = byId("say");
    if (!box) return;
    box.textContent = "";
    clearTimeout(hush);
    setTimeout(() => { box.textContent = text; }, 30);
    hush = setTimeout(() => { box.textContent = ""; }, 6000);
  };
  on("say", (event) => say(event.detail?.value ?? event.detail ?? ""));

  /* A notice at the head of the page, for failures that brought no words of their own. */
  const complain = (text) => {
    const box = byId("flash");
    if (!box) return;
    const notice = document.createElement("div");
    notice.className = "notice";
    notice.dataset.tone = "bad";
    notice.textContent = text;
    box.replaceChildren(notice);
    box.scrollIntoView({ block: "nearest" });
  };

  /* Ask before: data-confirm on a button, hx-confirm for htmx */
  let answered = null;
  const ask = (text) => new Promise((resolve) => {
    const box = byId("ask");
    byId("ask-text").textContent = text;
    answered = resolve;
    box.showModal();
  });
  on("close", (event) => {
    if (event.target.id !== "ask" || !answered) return;
    answered(event.target.returnValue === "yes");
    event.target.returnValue = "";
    answered = null;
  }, true);
  const agreed = new WeakSet();
  on("click", async (event) => {
    const button = event.target.closest("[data-confirm]");
    if (!button || agreed.delete(button)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (button.form && !button.formNoValidate && !button.form.reportValidity()) return;
    if (await ask(button.dataset.confirm)) { agreed.add(button); button.click(); }
  }, true);
  on("htmx:confirm", async (event) => {
    event.preventDefault();
    const { ctx, issueRequest, dropRequest } = event.detail;
    (await ask(ctx.confirm)) ? issueRequest() : dropRequest();
  });

  /* A dialog begins at the first field of its form, not at the button that closes it */
  const open = (dialog) => {
    dialog?.showModal();
    dialog?.querySelector("form :is(input:not([type=hidden]), select, textarea)")?.focus();
  };

  /* Clicks: dialogs, password, demo logins, back; menus close when one clicks elsewhere */
  on("click", (event) => {
    const at = (query) => event.target.closest(query);
    all("details[data-menu][open]").forEach((menu) => { if (!menu.contains(event.target)) menu.open = false; });
    let hit;
    if ((hit = at("[data-answer]"))) hit.closest("dialog").close(hit.dataset.answer);
    else if ((hit = at("[data-closes]"))) hit.closest("dialog").close();
    else if ((hit = at("[data-opens]"))) { hit.closest("details[data-menu]")?.removeAttribute("open"); open(byId(hit.dataset.opens)); }
    else if ((hit = at("[data-back]"))) history.back();
    else if ((hit = at("[data-reveal]"))) {
      const input = byId(hit.dataset.reveal), shown = input.type === "password";
      input.type = shown ? "text" : "password";
      hit.setAttribute("aria-pressed", shown);
      all("[data-when]", hit).forEach((one) => { one.hidden = (one.dataset.when === "on") !== shown; });
    } else if ((hit = at("[data-fill-username]"))) {
      byId("f-username").value = hit.dataset.fillUsername;
      byId("f-password").value = hit.dataset.fillPassword;
      const go = byId("f-password").form.querySelector("[type=submit]");
      go.focus();
      say("已填好，按登录就行");
    } else if (event.target.tagName === "DIALOG") event.target.close();
  });

  /* One submission at a time; the page that comes back after "back" is free again */
  on("submit", (event) => {
    const form = event.target;
    if (!form.matches("[data-once]") || event.defaultPrevented || form.hasAttribute("hx-post")) return;
    if (form.getAttribute("aria-busy") === "true") event.preventDefault();
    form.setAttribute("aria-busy", "true");
  });
  addEventListener("pageshow", () => all("form[aria-busy]").forEach((form) => form.removeAttribute("aria-busy")));

  /* Keys: a single letter presses what carries data-key, inside the item at hand when there is one */
  const quiet = () => { try { return localStorage.getItem("liuhe.keys") === "off"; } catch { return false; } };
  const items = () => all("[data-item]");
  const current = () => document.activeElement?.closest?.("[data-item]");
  const go = (item) => { item?.focus({ preventScroll: true }); item?.scrollIntoView({ block: "nearest" }); return item; };
  const step = (by) => {
    const list = items(), here = list.indexOf(current());
    return go(list[here < 0 ? 0 : Math.min(Math.max(here + by, 0), list.length - 1)]);
  };
  on("keydown", (event) => {
    if (event.key === "Escape") {
      const menu = event.target.closest?.("details[data-menu][open]");
      if (menu) { menu.open = false; menu.firstElementChild.focus(); }
      return;
    }
    const writing = event.target.closest?.("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");
    if (writing || event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.repeat) return;
    if (document.querySelector("dialog[open]") || quiet()) return;
    const key = event.key.toLowerCase();
    let used = true;
    if (key === "?") byId("keys")?.showModal();
    else if (key === "/") document.querySelector("input[type=search]")?.focus();
    else if ((key === "j" || key === "k") && items().length) step(key === "j" ? 1 : -1);
    else {
      const item = current(), press = `[data-key="${CSS.escape(key)}"]`;
      const found = item?.querySelector(press) ?? document.querySelector(`:not([data-item] *)${press}`);
      if (found) found.click();
      else if (!item && document.querySelector(`[data-item] ${press}`)) step(1);
      else used = false;
    }
    if (used) event.preventDefault();
  });
  on("change", (event) => {
    if (event.target.id !== "keys-on") return;
    try { localStorage.setItem("liuhe.keys", event.target.checked ? "on" : "off"); } catch { /* private window */ }
  });

  /* Pictures to be sent: shown at once, and how much has gone */
  const show = (drop) => {
    const input = drop.querySelector("[type=file]"), previews = drop.querySelector("[data-previews]");
    all("img", previews).forEach((image) => URL.revokeObjectURL(image.src));
    previews.replaceChildren(...[...input.files].map((file) => {
      const figure = document.createElement("figure"), words = document.createElement("figcaption");
      if (file.type.startsWith("image/")) {
        const image = document.createElement("img");
        image.src = URL.createObjectURL(file);
        image.alt = "";
        figure.append(image);
      }
      const size = file.size < 1048576 ? `${Math.ceil(file.size / 1024)} KB` : `${(file.size / 1048576).toFixed(1)} MB`;
      words.textContent = `${file.name}（${size}）`;
      figure.append(words);
      return figure;
    }));
    if (input.files.length) say(`已选 ${input.files.length} 个文件`);
  };
  on("change", (event) => { const drop = event.target.closest("[data-files]"); if (drop) show(drop); });
  for (const [name, over] of [["dragover", true], ["dragleave", false], ["drop", false]]) {
    on(name, (event) => {
      const drop = event.target.closest?.("[data-files]");
      if (!drop) return;
      event.preventDefault();
      drop.classList.toggle("over", over);
      if (name !== "drop") return;
      const input = drop.querySelector("[type=file]");
      const given = new DataTransfer();
      [...event.dataTransfer.files].slice(0, input.multiple ? 20 : 1).forEach((file) => given.items.add(file));
      input.files = given.files;
      show(drop);
    });
  }
  /* fetch cannot tell how much it has sent, so forms with files go by XMLHttpRequest */
  const sendTelling = (bars) => (url, request) => new Promise((resolve, reject) => {
    const call = new XMLHttpRequest();
    call.open(request.method, url);
    Object.entries(request.headers).forEach(([name, value]) => call.setRequestHeader(name, value));
    const tell = (share, words) => bars.forEach((bar) => {
      bar.hidden = false;
      bar.querySelector("progress").value = share;
      bar.querySelector("[data-sent-words]").textContent = words;
    });
    call.upload.onprogress = (event) => {
      const share = event.lengthComputable ? Math.round(100 * event.loaded / event.total) : 0;
      tell(share, share < 100 ? `已传 ${share}%` : "已传完，正在处理…");
    };
    call.onload = () => {
      const headers = new Headers(call.getAllResponseHeaders().trim().split(/[\r\n]+/).filter(Boolean).map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1).trim()]));
      resolve(new Response(call.status === 204 ? null : call.responseText, { status: call.status, headers }));
    };
    call.onerror = () => reject(new TypeError("network"));
    call.onabort = () => reject(new DOMException("", "AbortError"));
    call.onloadend = () => bars.forEach((bar) => { bar.hidden = true; });
    request.signal?.addEventListener("abort", () => call.abort());
    tell(0, "正在上传…");
    call.send(request.body);
  });
  on("htmx:config:request", (event) => {
    const { ctx } = event.detail, form = ctx.sourceElement.closest("form");
    const bars = form ? all("[data-files]", form).filter((drop) => drop.querySelector("[type=file]").files.length).map((drop) => drop.querySelector("[data-sending]")) : [];
    if (!bars.length) return;
    ctx.request.timeout = 600000;
    ctx.fetch = sendTelling(bars);
  });

  /* Failures: the server's own notice goes to #flash by HX-Retarget; a page of another kind, or no
     answer at all, must not overwrite what was being written. 422 is a form with its problems. */
  on("htmx:response:error", (event) => {
    const { ctx } = event.detail, told = Boolean(ctx.hx?.retarget);
    if (!told && ctx.response.status === 422) return;
    ctx.sourceElement.closest("dialog")?.close(); // the notice lies behind it; what was written stays
    if (told) return byId("flash")?.scrollIntoView({ block: "nearest" });
    ctx.hx.reswap = "none";
    complain(ctx.response.status >= 500 ? "系统出了点问题，请过几分钟再试。您填的内容还在。" : "这一步没有办成，请刷新页面看看最新的情况。");
  });
  on("htmx:error", (event) => { if (event.detail?.ctx && !event.detail.ctx.response) complain("网络不通，没有办成。您填的内容还在，请稍后再试。"); });

  /* What was done no longer waits: the numbers at the menus again, unless one is in a menu */
  const recount = async () => {
    const answer = await fetch(`/admin/menu?at=${encodeURIComponent(location.pathname)}`).catch(() => null);
    if (!answer?.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const query of ["nav.side", "nav.bar"]) {
      const now = document.querySelector(query), next = fresh.querySelector(query);
      if (now && next && !now.contains(document.activeElement)) now.replaceWith(next);
    }
  };

  /* After a swap: from an item that is done on to the next; else to the first problem or the next
     step, but only if the place where one was is gone */
  let left = null, held = false;
  on("htmx:before:swap", () => {
    const item = current();
    left = item && items().indexOf(item);
    held = document.activeElement !== document.body;
  });
  on("htmx:after:swap", (event) => {
    listen();
    if (event.detail?.ctx?.request?.method === "POST") recount();
    const item = current(), list = items(), open = (one) => !one.hasAttribute("data-done");
    if (left !== null && (!item || !open(item))) {
      go(list.slice(left).find(open) ?? list.find(open) ?? item ?? list[left - 1] ?? byId("main"));
    } else if (held && document.activeElement === document.body) {
      (document.querySelector("main [aria-invalid=true]") ?? byId("next") ?? byId("main"))?.focus();
    }
    left = null;
  });

  /* Times that go on */
  const span = (seconds) => {
    const minutes = Math.round(seconds / 60);
    if (minutes < 60) return `${Math.max(minutes, 1)} 分钟`;
    if (minutes >= 2880) return `${Math.round(minutes / 1440)} 天`;
    const hours = Math.floor(minutes / 60), rest = minutes % 60;
    return !rest || hours >= 10 ? `${hours} 小时` : `${hours} 小时 ${rest} 分`;
  };
  const tick = () => {
    all("[data-due]").forEach((mark) => {
      const seconds = (new Date(mark.dataset.due) - Date.now()) / 1000;
      mark.textContent = seconds < 0 ? `已超 ${span(-seconds)}` : `还剩 ${span(seconds)}`;
      mark.closest(".due").dataset.tone = seconds < 0 ? "late" : seconds < 7200 ? "soon" : "fine";
    });
    all("time[data-ago]").forEach((mark) => {
      const seconds = (Date.now() - new Date(mark.dateTime)) / 1000;
      if (seconds >= 45) mark.textContent = `${span(seconds)}前`;
    });
  };
  setInterval(tick, 60000);

  /* Live: what carries data-live-topics hears of committed facts; after a gap all of them look again */
  const stream = document.body.dataset.live, heard = new Set();
  let source = null, gap = false;
  const topics = () => new Set(all("[data-live-topics]").flatMap((one) => one.dataset.liveTopics.split(/\s+/)));
  const tell = (topic) => htmx.trigger(document.body, `live:${topic}`);
  const listen = () => {
    if (!stream || document.hidden || !topics().size) return;
    if (!source) {
      source = new EventSource(stream);
      source.onopen = () => { if (gap) topics().forEach(tell); gap = false; };
      source.onerror = () => { gap = true; if (source?.readyState === EventSource.CLOSED) { source = null; heard.clear(); setTimeout(listen, 15000); } };
      source.addEventListener("resync", () => topics().forEach(tell));
    }
    for (const topic of topics()) {
      if (!heard.has(topic)) source.addEventListener(topic, () => tell(topic));
      heard.add(topic);
    }
  };
  on("visibilitychange", () => {
    if (!document.hidden) { tick(); return listen(); }
    if (source) { source.close(); source = null; heard.clear(); gap = true; }
  });

  /* Wait until the server is there again: 204 says that the new start is answering */
  const wait = (box) => {
    let turns = 0;
    const look = async () => {
      const answer = await fetch(box.dataset.wait, { cache: "no-store" }).catch(() => null);
      if (answer?.status === 204) return location.replace(box.dataset.then);
      if (++turns === 30) box.querySelector("[data-wait-words]").textContent = "比平常慢一些，还在等。您也可以过一会儿再来看。";
      setTimeout(look, turns < 30 ? 1000 : 5000);
    };
    setTimeout(look, 1500);
  };

  on("DOMContentLoaded", () => {
    listen();
    const keysOn = byId("keys-on");
    if (keysOn) keysOn.checked = !quiet();
    if (matchMedia("(max-width: 63.99rem)").matches) all("details[data-open-wide]").forEach((one) => { one.open = false; });
    all("[data-wait]").forEach(wait);
    if (!document.querySelector("[autofocus]")) document.querySelector("main [aria-invalid=true]")?.focus();
  });
}
