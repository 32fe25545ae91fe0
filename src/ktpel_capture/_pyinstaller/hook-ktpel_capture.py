from PyInstaller.utils.hooks import collect_data_files, collect_submodules

datas = collect_data_files("ktpel_capture")
hiddenimports = collect_submodules("ktpel_capture")
