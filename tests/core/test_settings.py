"""Settings are typed and strict: what is unknown is an error that names what was meant."""

from pathlib import Path

import pytest

from core.errors import SetupError
from core.settings import Section, SettingsSource


def read(tmp_path: Path, toml: str = "", **environ: str) -> SettingsSource:
    path = tmp_path / "liuhe.toml"
    path.write_text(toml, "utf-8")
    return SettingsSource.read({"LIUHE_CONFIG": str(path), "PATH": "/bin", **environ})


def test_defaults_need_nothing():
    settings = SettingsSource.read({}).kernel()
    assert settings.port == 8000
    assert settings.plugins is None
    assert settings.database == "sqlite://data/liuhe.sqlite3"


def test_the_environment_wins_over_the_file(tmp_path):
    toml = 'port = 9000\ndistrict = "拱墅区"\n[eye]\nseconds = 3\nplace = "a"\n'
    source = read(tmp_path, toml, LIUHE_PORT="9001", LIUHE_EYE__SECONDS="5")
    assert source.kernel().port == 9001
    assert source.kernel().district == "拱墅区"
    assert source.sections == {"eye": {"seconds": "5", "place": "a"}}


def test_values_get_their_types(tmp_path):
    source = read(
        tmp_path,
        'allowed_origins = ["https://a.example"]',
        LIUHE_PLUGINS="cases, city_eye,",
        LIUHE_DATA_DIR="/srv/liuhe",
        LIUHE_DEMO="true",
    )
    settings = source.kernel()
    assert settings.plugins == ("cases", "city_eye")
    assert settings.allowed_origins == ("https://a.example",)
    assert settings.data_dir == Path("/srv/liuhe")
    assert settings.demo is True
    assert settings.database == "sqlite:///srv/liuhe/liuhe.sqlite3"


@pytest.mark.parametrize(
    ("environ", "sentence"),
    [
        ({"LIUHE_PROT": "1"}, "没有“prot”这项设置，您是不是想写“port”？"),
        ({"LIUHE_XYZZY": "1"}, "没有“xyzzy”这项设置。"),
        ({"LIUHE_PORT": "high"}, "设置“port”的值不对：要填整数"),
        ({"LIUHE_PORT": "70000"}, "设置“port”的值不对：不能大于 65535"),
        ({"LIUHE_UPLOAD_MEGABYTES": "0"}, "设置“upload_megabytes”的值不对"),
    ],
)
def test_a_wrong_setting_is_an_error_that_tells_what_to_do(environ, sentence):
    with pytest.raises(SetupError) as caught:
        SettingsSource.read(environ).kernel()
    assert caught.value.message.startswith(sentence)


def test_unknown_keys_of_the_file_are_errors_too(tmp_path):
    with pytest.raises(SetupError, match="database_url"):
        read(tmp_path, 'database_ulr = "x"').kernel()


def test_switches_of_others_are_no_settings():
    environ = {
        "LIUHE_DEMO_PASSWORD": "x",
        "LIUHE_CAMERA_CA": "x",
        "LIUHE_TEST_REQUIRE": "postgres",
        "SOMETHING_ELSE": "x",
    }
    source = SettingsSource.read(environ)
    assert (source.values, source.sections) == ({}, {})


class Eye(Section):
    seconds: int = 3
    networks: tuple[str, ...] = ()


def test_sections_are_strict(tmp_path):
    assert read(tmp_path, "[eye]\nseconds = 4").section("eye", Eye) == Eye(seconds=4)
    assert read(tmp_path).section("eye", Eye) == Eye()
    with pytest.raises(SetupError, match=r"“\[eye\] second”.*“seconds”"):
        read(tmp_path, LIUHE_EYE__SECOND="4").section("eye", Eye)


def test_a_list_of_a_section_is_written_with_commas_in_the_environment(tmp_path):
    given = read(tmp_path, LIUHE_EYE__NETWORKS="10.1.0.0/16, 10.2.0.0/16").section("eye", Eye)
    assert given.networks == ("10.1.0.0/16", "10.2.0.0/16")
    assert read(tmp_path, '[eye]\nnetworks = ["a,b"]').section("eye", Eye).networks == ("a,b",)
    with pytest.raises(SetupError, match="要填几项"):
        read(tmp_path, "[eye]\nnetworks = 5").section("eye", Eye)


def test_an_unknown_section_names_the_nearest_plugin(tmp_path):
    source = read(tmp_path, "[city_eyes]\nseconds = 4")
    with pytest.raises(SetupError, match=r"\[city_eyes\].*“city_eye”"):
        source.check_sections(["places", "city_eye"])
    source.check_sections(["city_eyes"])


@pytest.mark.parametrize("toml", ["port = ", "port == 1", '"'])
def test_a_file_that_is_no_toml_is_told(tmp_path, toml):
    with pytest.raises(SetupError, match="不是合格的 TOML"):
        read(tmp_path, toml)


def test_a_file_that_is_not_there_is_told():
    with pytest.raises(SetupError, match=r"读不到设置文件 /nowhere/x\.toml"):
        SettingsSource.read({"LIUHE_CONFIG": "/nowhere/x.toml"})


def test_settings_cannot_be_changed_afterwards():
    settings = SettingsSource.read({}).kernel()
    with pytest.raises(ValueError, match="frozen"):
        settings.port = 1


def test_an_empty_variable_says_nothing() -> None:
    settings = SettingsSource.read({"LIUHE_PLUGINS": "", "LIUHE_PORT": ""}).kernel()
    assert (settings.plugins, settings.port) == (None, 8000)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"LIUHE_OIDC_ISSUER": "http://id.example"}, "oidc_issuer"),
        ({"LIUHE_OIDC_ISSUER": "id.example"}, "https://"),
        ({"LIUHE_OIDC_ISSUER": "https://id.example"}, "oidc_client_id"),
        ({"LIUHE_PUBLIC_URL": "http://liuhe.example"}, "public_url"),
    ],
)
def test_a_provider_is_named_wholly_and_safely(given: dict[str, str], words: str) -> None:
    with pytest.raises(SetupError) as caught:
        SettingsSource.read(given).kernel()
    assert words in caught.value.message


def test_a_provider_on_this_machine_may_do_without_certificates() -> None:
    given = {"LIUHE_OIDC_ISSUER": "http://localhost:9", "LIUHE_OIDC_CLIENT_ID": "liuhe"}
    settings = SettingsSource.read({**given, "LIUHE_OIDC_TRUSTED_FACTORS": "otp, mfa"}).kernel()
    assert settings.oidc_trusted_factors == ("otp", "mfa")
