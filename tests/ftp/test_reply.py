from ftpair.ftp.reply import Reply


def test_only_1xx_is_preliminary():
    assert Reply(150, b"").is_preliminary
    assert not Reply(150, b"").is_final
    assert Reply(226, b"").is_final
    assert not Reply(226, b"").is_preliminary


def test_only_2xx_is_positive():
    assert [code for code in (150, 200, 299, 331, 426, 550) if Reply(code, b"").is_positive] == [200, 299]
