"""Who a plugin is: what the kernel must know before it loads anything of it."""

from dataclasses import dataclass, field

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from core.errors import PluginError

#: The version of the front door that plugins are checked against (`needs_liuhe`).
LIUHE_VERSION = "0.1.0"

#: What a plugin's name would be mistaken for: our own tables, pages and addresses.
RESERVED = {
    *("core", "liuhe", "admin", "auth", "files", "graphql", "static", "healthz", "readyz"),
    *("metrics", "plugins", "generation", "jobs", "live", "login", "logout", "people", "units"),
    *("audit", "me", "register"),
}


@dataclass(frozen=True, kw_only=True)
class DataUse:
    """One processing of personal data (个人信息处理活动), as PIPL §17 wants it told.

    `term` is how long it is kept, in words that a resident understands. `needs_pia`: it is
    sensitive, decides by itself, or gives data away, so that its effect is to be assessed before
    (个人信息保护影响评估, §55).
    """

    purpose: str
    basis: str
    fields: tuple[str, ...]
    term: str
    needs_pia: bool = False


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """The plugin's identity card.

    `name` is the folder, the table prefix, the mount and the settings section at once;
    `requires` names the neighbours whose actions, facts and types it uses;
    `needs_liuhe` is a version specifier such as ">=0.1,<1".
    """

    name: str
    title: str
    version: str
    summary: str = ""
    requires: tuple[str, ...] = ()
    needs_liuhe: str = ">=0.1,<1"
    data: tuple[DataUse, ...] = field(default=())

    @property
    def needs_pia(self) -> bool:
        return any(use.needs_pia for use in self.data)

    def check(self) -> None:
        """Raise `PluginError` where the card itself is wrong or wants another liuhe."""
        if not self.name.isidentifier() or not self.name.islower():
            raise PluginError(f"插件名“{self.name}”只能用小写字母、数字和下划线。")
        if self.name in RESERVED:
            raise PluginError(f"插件名“{self.name}”是系统自己用的，请换一个。")
        if not all(use.purpose and use.basis and use.fields and use.term for use in self.data):
            raise PluginError(
                f"插件“{self.name}”登记的处理活动没有写全：purpose、basis、fields、term 都要写。"
            )
        try:
            Version(self.version)
            wanted = SpecifierSet(self.needs_liuhe)
        except (InvalidVersion, InvalidSpecifier) as error:
            raise PluginError(f"插件“{self.name}”的版本写法不对：{error}") from error
        if Version(LIUHE_VERSION) not in wanted:
            raise PluginError(
                f"插件“{self.name}”需要 liuhe {self.needs_liuhe}，这里是 {LIUHE_VERSION}；"
                "请换一个相配的插件版本。"
            )
